import type { Finding } from '../../domain/finding.ts';
import type { Plan, PlannedFile } from './plan.ts';

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const ofKind = (plan: Plan, kind: PlannedFile['kind']): PlannedFile[] =>
  plan.files.filter((file) => file.kind === kind);

/** CHECKPOINT_DAMAGED: engines do not check the size themselves; they crash or print nonsense. */
export function checkCheckpoints(plan: Plan): Finding[] {
  return ofKind(plan, 'checkpoint').flatMap(({ name, sizeBytes, facts }) => {
    if (facts['damaged'] !== true) return [];
    const expected = facts['sizeExpected'];
    const message =
      typeof expected === 'number'
        ? `${name} has ${sizeBytes} bytes, its header asks for ${expected}.`
        : `${name} is not whole.`;
    return [{ level: 'block', code: 'CHECKPOINT_DAMAGED', message } as const];
  });
}

/** CHECKPOINT_GROUPS: 8-bit weights in groups that the C engine reads wrongly. */
export function checkGroups(plan: Plan): Finding[] {
  return ofKind(plan, 'checkpoint').flatMap(({ name, facts }) => {
    if (facts['groupsFit'] !== false) return [];
    const message =
      `${name} has weights in groups of ${String(facts['groupSize'])}, which do not divide its rows; ` +
      'runq and its kin print nonsense with it. Export it with smaller groups.';
    return [{ level: 'warn', code: 'CHECKPOINT_GROUPS', message } as const];
  });
}

/** BYTE_ORDER: a model swapped for another kind of processor. */
export function checkByteOrder(plan: Plan): Finding[] {
  if (plan.platform.byteOrder !== 'little') return [];
  return plan.files.flatMap(({ name, kind, facts }) => {
    if ((kind !== 'checkpoint' && kind !== 'tokenizer') || facts['byteOrder'] !== 'big') return [];
    const message = `${name} has its numbers in big-endian order; programs of ${plan.platform.label} read little-endian.`;
    return [{ level: 'warn', code: 'BYTE_ORDER', message } as const];
  });
}

/** TOKENIZER_MISMATCH for one model with one tokenizer of another size; TOKENIZER_DAMAGED for one that breaks off. */
export function checkTokenizer(plan: Plan): Finding[] {
  const tokenizers = ofKind(plan, 'tokenizer');
  const damaged = tokenizers.filter((file) => file.facts['damaged'] === true);
  if (damaged.length > 0) {
    return damaged.map(({ name }) => ({
      level: 'block',
      code: 'TOKENIZER_DAMAGED',
      message: `${name} breaks off in the middle of a token.`,
    }));
  }
  const checkpoints = ofKind(plan, 'checkpoint');
  const [checkpoint] = checkpoints;
  const [tokenizer] = tokenizers;
  if (checkpoint === undefined || tokenizer === undefined) return [];
  const wanted = checkpoint.facts['vocabSize'];
  const has = tokenizer.facts['vocabSize'];
  // With several of them nobody knows which belong together.
  if (checkpoints.length > 1 || tokenizers.length > 1 || wanted === undefined || wanted === has) return [];
  const message = `${checkpoint.name} has ${String(wanted)} tokens, ${tokenizer.name} has ${String(has)}.`;
  return [{ level: 'block', code: 'TOKENIZER_MISMATCH', message }];
}

/** RAM_SMALL when the model does not fit into the memory: it runs from the swap file, very slowly, or not at all. */
export function checkRam(plan: Plan): Finding[] {
  const { ramKb, hasCommand } = plan;
  if (ramKb === undefined || !hasCommand) return [];
  return ofKind(plan, 'checkpoint').flatMap(({ name, sizeBytes, facts }) => {
    const estimate = facts['ramBytes'];
    const needed = typeof estimate === 'number' ? Math.max(estimate, sizeBytes) : sizeBytes;
    if (needed <= ramKb * 1024) return [];
    const message = `${name} needs about ${megabytes(needed)} of memory, the machine has ${megabytes(ramKb * 1024)}.`;
    return [{ level: 'warn', code: 'RAM_SMALL', message } as const];
  });
}
