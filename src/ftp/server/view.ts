import type { CodepageName } from './codepage.ts';

/** Names from the root down, spelled as the view has them; none is the root itself. */
export type ViewPath = readonly string[];

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly size: number;
  readonly modifiedMs: number;
}

/** What became of a download: the client ended it after our end, everything was sent, or it broke. */
export type DownloadEnd = 'confirmed' | 'sent' | 'broken';

export interface Download {
  /** Of the whole file. */
  readonly size: number;
  /** From the asked-for offset to the end. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Called once, whatever happens. */
  close(end: DownloadEnd): Promise<void>;
}

/** Bytes on their way to a file that nobody sees before `publish`. One of `publish` and `keep` is called, once. */
export interface Upload {
  write(bytes: Uint8Array): Promise<void>;
  /** What came is on the disk when this resolves. */
  sync(): Promise<void>;
  /** The name holds the new bytes from now on, instead of the old ones. */
  publish(): Promise<void>;
  /** What came is kept for a later REST or APPE; the old file is as it was. */
  keep(): Promise<void>;
}

/** `replace` goes on at `offset` of what is kept of a broken upload, or of the old file. */
export type UploadStart = { readonly kind: 'replace'; readonly offset: number } | { readonly kind: 'append' };

/**
 * What one login sees. Paths are exact; spelling, 8.3 names and patterns are the server's business. Refusals are thrown as
 * ViewRefusal. One view may serve many sessions at once.
 */
export interface View {
  /** What names are sent and read in until the client says OPTS UTF8 ON. */
  readonly codepage: CodepageName;
  /** Whether listings show 8.3 names only. */
  readonly showsShortNames: boolean;
  /** Names without the rest, cheaper than `list`. */
  names(folder: ViewPath): Promise<readonly string[]>;
  list(folder: ViewPath): Promise<readonly Entry[]>;
  stat(path: ViewPath): Promise<Entry | undefined>;
  /** The bytes kept of a broken upload to this name that nobody is going on with. */
  keptSize(path: ViewPath): Promise<number | undefined>;
  read(path: ViewPath, offset: number): Promise<Download>;
  /** `bytes` is what the client says it will send, when it says so. */
  upload(path: ViewPath, start: UploadStart, bytes?: number): Promise<Upload>;
  makeFolder(path: ViewPath): Promise<void>;
  removeFolder(path: ViewPath): Promise<void>;
  /** A file, and what is kept of a broken upload to it. */
  remove(path: ViewPath): Promise<void>;
  /** Never onto something that is there. */
  rename(from: ViewPath, to: ViewPath): Promise<void>;
}

export type RefusalReason =
  | 'missing'
  | 'exists'
  | 'read-only'
  | 'not-a-file'
  | 'not-a-folder'
  | 'not-empty'
  | 'bad-name'
  | 'bad-offset'
  | 'quota'
  | 'disk-full'
  | 'busy';

/** An expected no of a view. It carries no text: what a client is told must not name anything of the host. */
export class ViewRefusal extends Error {
  override readonly name = 'ViewRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}
