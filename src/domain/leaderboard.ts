/** Machines of different kinds are never compared with each other. */
export type MachineKind = 'real' | 'emulated' | 'simulated';
export const machineKinds: readonly MachineKind[] = ['real', 'emulated', 'simulated'];

/** What a rate means, as far as it is known. */
export type RateDefinition = 'tool.reported' | 'tg.interval' | 'not-stated';

interface Standing {
  readonly machine: string;
  readonly cpu?: string;
  readonly os?: string;
  readonly engine?: string;
  readonly kind: MachineKind;
  readonly tokensPerSecond: number;
  readonly definition: RateDefinition;
}

/** A result that somebody published. */
export interface PublishedResult extends Standing {
  readonly year?: number;
  readonly engine: string;
  /** What is known of the model beside its size. */
  readonly model?: string;
  /** Its size, e.g. `15M`. */
  readonly checkpoint: string;
  readonly kind: 'real' | 'emulated';
  /** The upper end where a range was published. */
  readonly tokensPerSecondTo?: number;
  readonly qualifier?: 'about' | 'more-than';
  readonly source: string;
  readonly note?: string;
}

/** A machine of the user in a benchmark: the mean of its runs that count. */
export interface OwnResult extends Standing {
  readonly bundle: string;
  readonly n: number;
}

/** Results with models of one size, the fastest first within each kind. */
export interface Comparison {
  readonly checkpoint: string;
  readonly groups: Readonly<Record<MachineKind, readonly (PublishedResult | OwnResult)[]>>;
}

const SAME_SIZE = 0.05;
const factors: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** Parameters of a model size such as `260K`, `15M`, `1B`; undefined for anything else. */
export function parametersOf(checkpoint: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMB])$/.exec(checkpoint) ?? [];
  return digits === undefined ? undefined : Number(digits) * (factors[unit] ?? 1);
}

/** The one of `known` sizes that a model of so many parameters has, within 5 %; otherwise its own, e.g. `51K`. */
export function sizeOf(parameters: number, known: readonly string[]): string {
  const same = known.find((checkpoint) => {
    const nominal = parametersOf(checkpoint);
    return nominal !== undefined && Math.abs(parameters / nominal - 1) <= SAME_SIZE;
  });
  if (same !== undefined) return same;
  const [unit, factor] = Object.entries(factors).findLast(([, size]) => parameters >= size) ?? ['', 1];
  return `${Number((parameters / factor).toPrecision(2))}${unit}`;
}
