import type { Deployment, Target } from '../contract/deployments.ts';
import { bar, duration, size } from './format.ts';
import type { Output } from './io.ts';
import { visibleLine } from './visible.ts';

const MAX_LINES = 20;
const PLAIN_EVERY_MS = 10_000;

const ends: readonly string[] = ['done', 'already-current', 'incompatible', 'failed', 'canceled'];

const isEnded = (target: Target): boolean => ends.includes(target.state);

function progressOf(target: Target, nowMs: number): string {
  const { state, bytesSent, bytesTotal, bytesPerSecond, etaSeconds, notBefore } = target;
  const parts: string[] = [state];
  if (state === 'transferring' && bytesTotal > 0) {
    parts.push(`${Math.floor((100 * bytesSent) / bytesTotal)} % of ${size(bytesTotal)}`);
    if (bytesPerSecond !== undefined) parts.push(`${size(bytesPerSecond)}/s`);
    if (etaSeconds !== undefined) parts.push(`${duration(etaSeconds)} left`);
  }
  if (state === 'waiting' && notBefore !== undefined) {
    parts.push(`next try in ${duration((Date.parse(notBefore) - nowMs) / 1000)}`);
  }
  if (target.proven === false) parts.push('unproven: only the sizes were compared');
  return visibleLine(parts.join(', '));
}

const reasonOf = ({ code, detail }: Target): string | undefined =>
  code === undefined ? undefined : visibleLine(`${code}: ${detail ?? ''}`);

const withReason = (target: Target, nowMs: number): string =>
  [progressOf(target, nowMs), reasonOf(target)].filter((part) => part !== undefined).join(', ');

function barOf({ state, bytesSent, bytesTotal }: Target): string {
  const isSent =
    state === 'verifying' || state === 'placing' || state === 'done' || state === 'already-current';
  const share = isSent ? 1 : bytesTotal > 0 ? Math.min(1, bytesSent / bytesTotal) : 0;
  return bar(share);
}

/** Shows how a deployment goes: bars that are redrawn on a terminal, plain lines elsewhere. */
export class DeployProgress {
  readonly #output: Output;
  readonly #shown = new Map<string, { text: string; atMs: number }>();
  #drawnLines = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(deployment: Deployment, nowMs: number): void {
    if (this.#output.isTTY) this.#redraw(deployment, nowMs);
    else this.#addLines(deployment, nowMs);
  }

  #redraw({ targets }: Deployment, nowMs: number): void {
    const columns = this.#output.columns ?? 80;
    const width = Math.max(...targets.map(({ machine }) => machine.length));
    const chosen =
      targets.length <= MAX_LINES
        ? targets
        : targets.filter((target) => !isEnded(target)).slice(0, MAX_LINES);
    // A reason gets a line of its own where there is room, so that it can be read.
    const isRoomy = chosen.length * 2 <= MAX_LINES;
    const lines = chosen
      .flatMap((target) => {
        const head = `${visibleLine(target.machine).padEnd(width)} ${barOf(target)}`;
        const reason = reasonOf(target);
        if (!isRoomy || reason === undefined) return [`${head} ${withReason(target, nowMs)}`];
        return [`${head} ${progressOf(target, nowMs)}`, `${' '.repeat(width)} ${reason}`];
      })
      .map((line) => line.slice(0, columns - 1));
    if (targets.length > chosen.length)
      lines.push(`${targets.filter(isEnded).length} of ${targets.length} ended`);
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : '';
    this.#output.write(`${up}\u001b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawnLines = lines.length;
  }

  #addLines({ targets }: Deployment, nowMs: number): void {
    for (const target of targets) {
      const before = this.#shown.get(target.machine);
      const text = withReason(target, nowMs);
      const isNews =
        before?.text.split(',')[0] !== text.split(',')[0] || (isEnded(target) && before?.text !== text);
      if (before && !isNews && (before.text === text || nowMs - before.atMs < PLAIN_EVERY_MS)) continue;
      this.#shown.set(target.machine, { text, atMs: nowMs });
      this.#output.write(`${visibleLine(target.machine)}: ${text}\n`);
    }
  }
}
