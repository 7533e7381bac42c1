import {
  askBatch,
  clientLine,
  joinBatch,
  joinScript,
  visitScript,
  visitSettings,
} from '../domain/visit-script.ts';
import type { ScriptKind, VisitLogin, VisitPlace } from '../domain/visit-script.ts';
import type { SetupFile } from './setup-files.ts';

/** What a machine was given that wants to join. */
export interface Ticket extends VisitLogin {
  readonly code: string;
  /** By the machine's own word. */
  readonly platform: string;
}

/** Where the door is as one machine reaches it. */
export interface NearPlace extends VisitPlace {
  readonly httpPort: number;
}

const dosText = (lines: readonly string[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
const unixText = (lines: readonly string[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');

/** The files of a machine's own that it comes again with, and the code for its screen. */
export function ticketFiles({ code, platform, ...login }: Ticket, place: VisitPlace): readonly SetupFile[] {
  const kind: ScriptKind = platform === 'msdos' ? 'dos' : 'windows';
  const texts = {
    'CODE.TXT': [
      '',
      `fleet98: the code of this machine is ${code}. At the desk of the daemon:`,
      '',
      `    fleet98 machine approve NAME --code ${code}`,
      '',
    ],
    'GO.FTP': visitScript(kind, place, login),
    'GO.BAT': [`@${clientLine(kind, place, 'GO.FTP')}`],
    'PULL.INI': visitSettings(place, login),
  };
  return Object.entries(texts).map(([name, lines]) => ({ folder: '', name, bytes: dosText(lines) }));
}

/** JOIN.SH: fetches what is missing, starts the agent, and then PULL.SH, which asks to join. */
const joinShell = (folder: string, { host, port, httpPort }: NearPlace): readonly string[] => {
  const isBuilt = folder !== 'UNIX';
  const worker = isBuilt ? 'AGENT.EXE' : 'SPOOL.SH';
  return [
    '#!/bin/sh',
    `# JOIN.SH - sets this machine up for the daemon at ${host}: sh JOIN.SH [FOLDER]`,
    'set -e',
    'folder="${1:-$HOME/FLEET98}"',
    'mkdir -p "$folder"',
    'cd "$folder"',
    'have() { command -v "$1" > /dev/null 2>&1; }',
    'get() {',
    `  if have wget; then wget -q -O "$2" "http://${host}:${httpPort}/$1"`,
    `  elif have curl; then curl -fsS -o "$2" "http://${host}:${httpPort}/$1"`,
    `  elif have ftpget; then ftpget -P ${port} -u anonymous -p x ${host} "$2" "$1"`,
    `  else busybox ftpget -P ${port} -u anonymous -p x ${host} "$2" "$1"; fi`,
    '}',
    `[ -f ${worker} ] || get ${folder}/${worker} ${worker}`,
    '[ -f PULL.SH ] || get UNIX/PULL.SH PULL.SH',
    `[ -f PULL.INI ] || get ${folder}/PULL.INI PULL.INI`,
    ...(isBuilt
      ? ['chmod +x AGENT.EXE 2> /dev/null || :', './AGENT.EXE . > AGENT.OUT 2>&1 &']
      : ['sh SPOOL.SH > SPOOL.OUT 2>&1 &']),
    'while [ ! -f AGENT.NFO ]; do sleep 1; done',
    'exec sh PULL.SH',
  ];
};

/** What stands in a folder of the door beside the programs, for a machine that only fetches. */
export function joiningFiles(folder: string, place: NearPlace): readonly SetupFile[] {
  if (folder.startsWith('LINUX-') || folder === 'UNIX') {
    return [
      { folder, name: 'JOIN.SH', bytes: unixText(joinShell(folder, place)) },
      { folder, name: 'PULL.INI', bytes: dosText(visitSettings(place)) },
    ];
  }
  const kind: ScriptKind = folder === 'MSDOS' ? 'dos' : 'windows';
  return [
    { folder, name: 'JOIN.BAT', bytes: dosText(joinBatch(kind, place)) },
    { folder, name: 'ASK.BAT', bytes: dosText(askBatch(kind, place)) },
    { folder, name: 'JOIN.FTP', bytes: dosText(joinScript(kind, place)) },
  ];
}
