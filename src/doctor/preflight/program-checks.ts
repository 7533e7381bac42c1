import type { Finding } from '../../domain/finding.ts';
import type { Platform, WindowsVersion } from '../../platforms/platform.ts';
import type { Plan, PlannedFile } from './plan.ts';

type Verdict = 'yes' | 'perhaps' | 'no';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Whether systems of this platform run a program of that format and for that machine. */
function verdictOf(platform: Platform, { facts }: PlannedFile): Verdict {
  const format = text(facts['format']);
  const rule = Object.hasOwn(platform.executableKinds, format) ? platform.executableKinds[format] : undefined;
  if (rule === undefined) return 'no';
  if (format === 'pe' && !['gui', 'console'].includes(text(facts['subsystem']))) return 'no';
  const machine = text(facts['machine']);
  if (rule.runs === 'any' || rule.runs.includes(machine))
    return windowsVerdict(platform, facts['subsystemVersion']);
  return rule.perhaps?.includes(machine) === true ? 'perhaps' : 'no';
}

function windowsVerdict({ windows }: Platform, version: unknown): Verdict {
  const match = /^(\d{1,5})\.(\d{1,5})$/.exec(text(version));
  if (windows === undefined || match === null) return 'yes';
  const wanted: WindowsVersion = [Number(match[1]), Number(match[2])];
  if (isAbove(wanted, windows.newest)) return 'no';
  return isAbove(wanted, windows.usual) ? 'perhaps' : 'yes';
}

// 4.10 (Windows 98) is above 4.9: these are two numbers, not a fraction.
const isAbove = (a: WindowsVersion, b: WindowsVersion): boolean =>
  a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

function describe({ name, facts }: PlannedFile): string {
  const version = text(facts['subsystemVersion']);
  const words = [
    text(facts['format']).toUpperCase(),
    text(facts['machine']),
    version && `for Windows ${version}`,
  ];
  return `${name} (${words.filter((word) => word !== '').join(', ')})`;
}

const wrongExecutable = (level: Finding['level'], message: string): Finding[] => [
  { level, code: 'WRONG_EXECUTABLE', message },
];

/** WRONG_EXECUTABLE: block for the file that is started, warn for any other program in the bundle. */
export function checkPrograms(plan: Plan): Finding[] {
  return plan.files.flatMap((file): Finding[] => {
    const isStarted = plan.hasCommand && file.name === plan.exe;
    if (isStarted && ['checkpoint', 'tokenizer', 'archive'].includes(file.kind)) {
      return wrongExecutable('block', `${file.name} is no program but a file of the kind ${file.kind}.`);
    }
    if (file.kind !== 'executable' && !(file.kind === 'script' && isStarted)) return [];
    const verdict = verdictOf(plan.platform, file);
    const label = plan.platform.label;
    if (verdict === 'no')
      return wrongExecutable(isStarted ? 'block' : 'warn', `${describe(file)} does not run on ${label}.`);
    if (isStarted && file.facts['library'] === true) {
      return wrongExecutable('block', `${file.name} is a library, not a program.`);
    }
    if (verdict === 'perhaps' && isStarted) {
      return wrongExecutable('warn', `${describe(file)} does not run on each machine with ${label}.`);
    }
    return [];
  });
}

/** EXECUTABLE_DAMAGED: a program whose headers ask for more bytes than there are; a cut transfer, mostly. */
export function checkWholePrograms(plan: Plan): Finding[] {
  return plan.files.flatMap(({ name, kind, sizeBytes, facts }) => {
    if (kind !== 'executable' || facts['damaged'] !== true) return [];
    const message = `${name} has ${sizeBytes} bytes, its headers ask for ${String(facts['sizeExpected'])}.`;
    return [{ level: 'block', code: 'EXECUTABLE_DAMAGED', message } as const];
  });
}

/** SCRIPT_LINE_ENDS: COMMAND.COM loses lines that end in LF alone, Unix takes CR for a part of the interpreter's name. */
export function checkScripts(plan: Plan): Finding[] {
  const wanted = plan.platform.lineEnds;
  return plan.files.flatMap(({ name, kind, facts }) => {
    const format = text(facts['format']);
    const concerns = kind === 'script' && format === (wanted === 'lf' ? 'script' : 'batch');
    if (!concerns || [wanted, 'none', ''].includes(text(facts['lineEnds']))) return [];
    const message = `${name} has line ends of another system; ${plan.platform.label} wants ${wanted.toUpperCase()}.`;
    return [{ level: 'warn', code: 'SCRIPT_LINE_ENDS', message } as const];
  });
}

/** NEEDS_DPMI: a 32-bit DOS program without the host that it needs on bare DOS. */
export function checkDpmi(plan: Plan): Finding[] {
  const hosted =
    plan.platform.windows !== undefined || plan.files.some((file) => file.name === 'CWSDPMI.EXE');
  if (hosted) return [];
  return plan.files.flatMap(({ name, facts }) => {
    if (facts['needsDpmi'] !== true) return [];
    const message = `${name} needs a DPMI host; put CWSDPMI.EXE into the bundle unless the machine has one.`;
    return [{ level: 'warn', code: 'NEEDS_DPMI', message } as const];
  });
}
