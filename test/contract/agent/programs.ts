/** Small programs that runs of the suite place and start. */

/** Prints its arguments as JSON. */
export const argsProgram = 'process.stdout.write(JSON.stringify(process.argv.slice(2)));\n';

/** Writes to both streams in turn; each time it waits until the LOG, its argument, has grown. */
export const turnsProgram = `
const fs = require('node:fs');
const size = () => { try { return fs.statSync(process.argv[2]).size; } catch { return 0; } };
for (const [handle, text] of [[1, 'one'], [2, 'two'], [1, 'three'], [2, 'four']]) {
  const before = size();
  fs.writeSync(handle, text);
  while (size() === before) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
`;

/** One byte of a flood, by its place. */
const floodPeriod = 251;

/** Writes argument 1 MiB to its output, and counts the MiB written in the file PROGRESS when argument 2 says so. */
export const floodProgram = `
const fs = require('node:fs');
const total = Number(process.argv[2]) * 1048576;
const block = 65536;
const pattern = Buffer.alloc(block + ${floodPeriod});
for (let i = 0; i < pattern.length; i++) pattern[i] = i % ${floodPeriod};
if (process.argv[3] === 'wait') {
  fs.writeSync(1, '!');
  while (!fs.existsSync('GO')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
for (let sent = 0; sent < total; ) {
  const from = sent % ${floodPeriod};
  sent += fs.writeSync(1, pattern, from, Math.min(block, total - sent));
  if (process.argv[3] === 'wait') fs.writeFileSync('PROGRESS', String(sent));
}
`;

/** The first bytes of a flood. */
export function floodBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => index % floodPeriod));
}

/** Prints each of its arguments as hex digits on a line of its own. */
export const hexProgram = `#!/bin/sh
for argument
do
  printf '%s' "$argument" | od -An -v -tx1 | tr -d ' \\n'
  echo
done
`;

/** Adds its argument as a line to a file beside it: how often and in which order programs were started. */
export const noteProgram = '#!/bin/sh\necho "$1" >>STARTS.TXT\n';
