/** One of the files that the door hands out. */
export interface SetupFile {
  /** A folder and a name, as `WIN9X` and `AGENT.EXE`; without a folder for what is for every machine. */
  readonly folder: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const setupPath = ({ folder, name }: SetupFile): string =>
  folder === '' ? name : `${folder}/${name}`;

/** The folders of some files, sorted. */
export const setupFolders = (files: readonly SetupFile[]): readonly string[] =>
  [...new Set(files.map(({ folder }) => folder))].filter((folder) => folder !== '').toSorted();

/** What is handed out to those who reach this host by an address: some files name it. */
export type FilesAt = (address: string) => readonly SetupFile[];
