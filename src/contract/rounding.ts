const SIGNIFICANT = 3;
const MAX_DECIMALS = 6;

/** Decimals that leave about three figures that matter. */
const decimalsOf = (value: number): number =>
  value === 0
    ? 0
    : Math.min(MAX_DECIMALS, Math.max(0, SIGNIFICANT - 1 - Math.floor(Math.log10(Math.abs(value)))));

/** A mean as people read it, e.g. `35.9 ± 0.1`, `0.00931`, `2500 ± 12`. */
export function meanAndDeviation(mean: number, deviation?: number): string {
  const decimals = decimalsOf(mean);
  const rounded = mean.toFixed(decimals);
  return deviation === undefined ? rounded : `${rounded} ± ${deviation.toFixed(decimals)}`;
}

/** A published rate, e.g. `35.9`, `0.77-0.81`, `> 32`, `~ 0.002`. */
export function publishedRate(rate: {
  readonly tokensPerSecond: number;
  readonly tokensPerSecondTo?: number;
  readonly qualifier?: 'about' | 'more-than';
}): string {
  const { tokensPerSecond, tokensPerSecondTo, qualifier } = rate;
  const prefix = qualifier === 'more-than' ? '> ' : qualifier === 'about' ? '~ ' : '';
  const to = tokensPerSecondTo === undefined ? '' : `-${tokensPerSecondTo}`;
  return `${prefix}${tokensPerSecond}${to}`;
}
