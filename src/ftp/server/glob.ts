export const isPattern = (text: string): boolean => /[*?]/.test(text);

/** What the name is compared by: the same for all spellings that DOS and Windows take for one. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase();

/**
 * Whether a name fits a pattern as DOS has it: `*.*` is everything, `X.*` is also X alone, and `*.` is what has no dot.
 * Takes no more than pattern times name steps, whatever the pattern.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const wanted = nameKey(pattern);
  if (wanted === '*.*' || wanted === '*') return () => true;
  const withoutDot = wanted.endsWith('.') ? wanted.slice(0, -1) : undefined;
  const anyEnding = wanted.endsWith('.*') ? wanted.slice(0, -2) : undefined;
  return (name) => {
    const key = nameKey(name);
    if (matches(key, wanted)) return true;
    if (key.includes('.')) return false;
    return [withoutDot, anyEnding].some((part) => part !== undefined && matches(key, part));
  };
}

/** Goes back to the last star only: an earlier one could not fit what that one cannot. */
function matches(name: string, pattern: string): boolean {
  let at = 0;
  let wanted = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const sign = pattern[wanted];
    if (sign === '*') {
      star = wanted;
      starAt = at;
      wanted += 1;
    } else if (sign === '?' || (sign !== undefined && sign === name[at])) {
      at += 1;
      wanted += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      wanted = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[wanted] === '*') wanted += 1;
  return wanted === pattern.length;
}
