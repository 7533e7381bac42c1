const asPort = (port: number): number | undefined => (port >= 1 && port <= 65_535 ? port : undefined);

/**
 * The port in an answer to PASV: the last two of the first six numbers, with or without brackets and blanks, in the
 * last line that has six. The four before them are not looked at: 0,0,0,0 and addresses behind a router are common.
 */
export function parsePasvPort(text: string): number | undefined {
  for (const line of text.split('\n').toReversed()) {
    const words = line.replace(/^\d{3}[ -]/, '');
    const numbers = /(?<!\d)\d{1,3}(?:[ \t]{0,4},[ \t]{0,4}\d{1,3}){5}(?!\d)/.exec(words)?.[0];
    if (numbers === undefined) continue;
    const [high = 256, low = 256] = numbers.split(',').slice(4).map(Number);
    if (high > 255 || low > 255) return undefined;
    return asPort(high * 256 + low);
  }
  return undefined;
}

/** The port in an answer to EPSV: `(|||port|)`, or with another sign than the bar, as IBM i does. */
export function parseEpsvPort(text: string): number | undefined {
  const port = /([|!#%&*+:;@~^])\1\1(\d{1,5})\1/.exec(text)?.[2];
  return port === undefined ? undefined : asPort(Number(port));
}
