/** Papers by which a machine says who and what it is. */
const papers = ['MACHINE.ID', 'OWNER.TXT', 'AGENT.NFO'] as const;
export type Paper = (typeof papers)[number];

/** What a name means that a machine sends; anything else has no place in a box. */
export type SentName =
  | { readonly kind: 'paper'; readonly name: Paper }
  /** An order that the machine still has, or works on: the name says all. */
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'result'; readonly name: string; readonly isEnd: boolean };

export function readSentName(said: string): SentName | undefined {
  const name = said.toUpperCase();
  const paper = papers.find((one) => one === name);
  if (paper !== undefined) return { kind: 'paper', name: paper };
  const [, extension = ''] = /^[0-9A-F]{8}\.(JOB|RUN|LOG|END|K[1-9])$/.exec(name) ?? [];
  if (extension === '') return undefined;
  if (extension === 'JOB' || extension === 'RUN') return { kind: 'mark', name };
  return { kind: 'result', name, isEnd: extension === 'END' };
}

/** A path of the spool as the links of a box understand it; `elsewhere` is where only the machine can look. */
export type SpoolPlace =
  | { readonly kind: 'paper'; readonly name: Paper }
  | { readonly kind: 'job' | 'job-draft' | 'run'; readonly id: string }
  | { readonly kind: 'result'; readonly name: string; readonly isEnd: boolean }
  | { readonly kind: 'staged'; readonly name: string }
  | { readonly kind: 'elsewhere' };

const drafted = { JOB: 'job', TMP: 'job-draft', RUN: 'run' } as const;

export function readSpoolPath(path: string): SpoolPlace {
  const [folder = '', name = '', ...deeper] = path.split('/');
  if (deeper.length > 0) return { kind: 'elsewhere' };
  if (name === '') {
    const sent = readSentName(folder);
    return sent?.kind === 'paper' ? sent : { kind: 'elsewhere' };
  }
  if (folder === 'STAGE') return { kind: 'staged', name };
  if (folder === 'OUT') {
    const sent = readSentName(name);
    return sent?.kind === 'result' ? sent : { kind: 'elsewhere' };
  }
  const [, id = '', extension = ''] = /^([0-9A-F]{8})\.(JOB|TMP|RUN)$/.exec(name) ?? [];
  const isKnown = extension === 'JOB' || extension === 'TMP' || extension === 'RUN';
  if (!isKnown || folder !== (extension === 'RUN' ? 'RUN' : 'IN')) return { kind: 'elsewhere' };
  return { kind: drafted[extension], id };
}
