import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { DomainError } from '../domain/errors.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Stands before each sealed text, so that another way of sealing can come later. */
const FORM = 'v1.';

/** Seals short texts with a key that lies beside the database, so that a copy of the database alone tells nothing. */
export interface Secrets {
  /** `owner` is bound in: a sealed text moved to another owner's row cannot be opened. */
  seal(text: string, owner: string): string;
  /** Throws STORE_DAMAGED when the text, its owner or the key is not the one it was sealed with. */
  open(sealed: string, owner: string): string;
}

/** Reads the key file, or makes it (mode 0600). */
export async function loadSecrets(keyFile: string): Promise<Secrets> {
  const key = (await readKey(keyFile)) ?? (await makeKey(keyFile));
  return {
    seal: (text, owner) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return FORM + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open: (sealed, owner) => {
      try {
        return unseal(key, sealed, owner);
      } catch (error) {
        throw new DomainError(
          'STORE_DAMAGED',
          'a stored password cannot be opened: it, or the key file, was changed; set the password again',
          { cause: error },
        );
      }
    },
  };
}

function unseal(key: Buffer, sealed: string, owner: string): string {
  if (!sealed.startsWith(FORM)) throw new Error('unknown form');
  const bytes = Buffer.from(sealed.slice(FORM.length), 'base64');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

async function readKey(keyFile: string): Promise<Buffer | undefined> {
  let key: Buffer;
  try {
    key = await readFile(keyFile);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  if (key.length !== KEY_BYTES) {
    throw new DomainError('STORE_DAMAGED', `the key file does not have ${KEY_BYTES} bytes; restore it`);
  }
  await chmod(keyFile, 0o600);
  return key;
}

async function makeKey(keyFile: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomic(keyFile, key, { mode: 0o600 });
  return key;
}
