import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Words that must never be seen in a log, an answer or an error. Each is found nowhere else. */
export const apiToken = 'e2e-token-Zx81SpectrumQL48';
export const machinePassword = 'e2e-pass-Vic20Plus4C128';

const written = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
  ];
};

/** Every way in which a secret could have been written down. */
const forbiddenTexts: ReadonlySet<string> = new Set([apiToken, machinePassword].flatMap(written));

/** Throws when a file below the folder holds a secret, in whatever form; counts what was searched. */
export function refuseSecrets(folder: string): { files: number; bytes: number } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  let files = 0;
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    files += 1;
    bytes += content.length;
    for (const text of forbiddenTexts) {
      if (content.includes(text)) found.push(`${relative(folder, path)} holds ${text}`);
    }
  }
  if (found.length > 0) throw new Error(`secrets were written down:\n${found.join('\n')}`);
  return { files, bytes };
}
