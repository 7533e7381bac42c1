import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { errorTable } from '../src/domain/errors.ts';

const faults = {
  user: 'the request or the settings',
  machine: 'the old machine',
  network: 'the wire between',
  engine: 'the program that ran on the machine',
  us: 'fleet98 itself',
};

const head = `# Error codes

Every error of the API, the CLI and the store carries one of these codes. A code is never renamed and never used for
something else. _Retry_ says whether the same thing may work later without anybody doing anything; fleet98 then tries
again by itself. _Fault_ says whose it is:

${Object.entries(faults)
  .map(([fault, meaning]) => `- \`${fault}\`: ${meaning}`)
  .join('\n')}

This page is written by \`npm run docs:errors\` from \`src/domain/errors.ts\`.
`;

/** The whole of docs/errors.md. */
export function renderErrors(): string {
  const entries = Object.entries(errorTable).map(
    ([code, { fault, http, retry, title, hint }]) =>
      `## ${code}\n\n${title}. ${hint}\n\nFault: \`${fault}\` · HTTP ${http} · retry: ${retry ? 'yes' : 'no'}\n`,
  );
  return [head, ...entries].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('errors.md', import.meta.url), renderErrors());
}
