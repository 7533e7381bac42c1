import { DomainError } from '../domain/errors.ts';

/** Names that are safe on DOS, Windows and POSIX alike and need no quoting on any server. */
const plainName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** What a person may have in the path of a spool: also `C:` and short names such as `PROGRA~1`. */
const personName = /^[A-Za-z0-9_~$-][A-Za-z0-9._~$: -]*$/;

/** The whole FTP path of a file in the spool. `path` is relative to it, with `/` between names. */
export function inSpool(spool: string, path: string): string {
  if (!path.split('/').every((name) => plainName.test(name))) throw bad('path', path);
  return `${folderPath(spool)}/${path}`.replace(/^\/\//, '/');
}

/** A folder's whole FTP path, checked, without `/` at its end; the root is `/`. */
export function folderPath(path: string): string {
  if (!path.startsWith('/')) throw bad('folder', path);
  const names = path.split('/').filter((name) => name !== '');
  if (!names.every((name) => personName.test(name) && !name.endsWith(' '))) throw bad('folder', path);
  return `/${names.join('/')}`;
}

const bad = (what: string, path: string): DomainError =>
  new DomainError(
    'INVALID_REQUEST',
    `the ${what} ${JSON.stringify(path.slice(0, 100))} is not a plain FTP path`,
  );
