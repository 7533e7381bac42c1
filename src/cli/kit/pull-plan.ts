import { askBatch, joinBatch, joinScript, visitSettings } from '../../contract/visits.ts';
import type { VisitPlace } from '../../contract/visits.ts';
import { dosSetup, kitOf, nameLine, networkLines, title, unixText } from './kit-plan.ts';
import type { KitPlan } from './kit-plan.ts';

/** What a kit is made for whose machine only fetches. It holds no secret: the machine asks to join. */
export interface PullRequest {
  readonly platform: string;
  readonly name: string | undefined;
  readonly place: VisitPlace;
}

/** The texts of such a kit by platform. Undefined for a platform that has none. */
export function pullPlan(request: PullRequest): KitPlan | undefined {
  const { platform } = request;
  if (platform === 'win9x' || platform === 'winnt') return windowsKit(request);
  if (platform === 'msdos') return dosKit(request);
  return platform === 'unix' || platform.startsWith('linux-') ? unixKit(request) : undefined;
}

const agentSettings = (request: PullRequest): readonly string[] => [
  '# settings of the agent, key=value',
  ...nameLine(request),
];

const programs = ['AGENT.EXE', 'PULL.BAT', 'DROP.BAT'];

const atDesk = [
  'A code comes on the screen of the machine. At the desk of the daemon:',
  '',
  '       fleet98 machine approve NAME --code CODE',
  '       fleet98 run starter NAME -i "Once upon a time"',
];

/** Carried out at each start of Windows: it has no current folder then. */
const comeBatch = ['@ECHO OFF', 'C:', 'CD \\FLEET98', 'JOIN'];
const runKey = [
  'REGEDIT4',
  '',
  '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run]',
  '"FLEET98 PULL"="C:\\\\FLEET98\\\\COME.BAT"',
  '',
];

function windowsKit(request: PullRequest): KitPlan {
  const { place } = request;
  const texts = {
    'AGENT.INI': agentSettings(request),
    'JOIN.BAT': joinBatch('windows', place),
    'ASK.BAT': askBatch('windows', place),
    'JOIN.FTP': joinScript('windows', place),
    'COME.BAT': comeBatch,
    'COME.REG': runKey,
  };
  const setup = dosSetup(
    [...programs, ...Object.keys(texts)],
    [
      ...networkLines(place.host),
      'C:',
      'CD \\FLEET98',
      'REGEDIT /S COME.REG',
      'START COME',
      'ECHO Done. A window shows the code of this machine, for the desk of the daemon.',
      'GOTO END',
    ],
  );
  const readme = [
    title(request),
    '',
    '1. In an MS-DOS prompt type the letter of this disk, as A: and then SETUP',
    `2. ${atDesk[0]}`,
    ...atDesk.slice(1),
    '',
    'No code: type JOIN in C:\\FLEET98 and read what it says; see PULL.LOG, too.',
    'To undo it: take FLEET98 PULL out of Run with REGEDIT, restart, delete FLEET98.',
  ];
  return kitOf(programs, { ...texts, 'SETUP.BAT': setup, 'README.TXT': readme });
}

function dosKit(request: PullRequest): KitPlan {
  const { place } = request;
  const texts = {
    'AGENT.INI': agentSettings(request),
    'JOIN.BAT': joinBatch('dos', place),
    'ASK.BAT': askBatch('dos', place),
    'JOIN.FTP': joinScript('dos', place),
  };
  const setup = dosSetup(
    [...programs, ...Object.keys(texts)],
    ['ECHO Done. With FTP.EXE of mTCP in C:\\FLEET98, go there and type JOIN', 'GOTO END'],
  );
  const readme = [
    title(request),
    '',
    '1. Type the letter of this disk, as A: and then SETUP',
    '2. Copy FTP.EXE of mTCP into C:\\FLEET98; its manual has the packet driver.',
    '3. Go to C:\\FLEET98 and type JOIN',
    `4. ${atDesk[0]}`,
    ...atDesk.slice(1),
  ];
  return kitOf(programs, { ...texts, 'SETUP.BAT': setup, 'README.TXT': readme });
}

function unixKit(request: PullRequest): KitPlan {
  const worker = request.platform === 'unix' ? 'SPOOL.SH' : 'AGENT.EXE';
  const start = worker === 'SPOOL.SH' ? 'sh SPOOL.SH > SPOOL.OUT 2>&1 &' : './AGENT.EXE . > AGENT.OUT 2>&1 &';
  const setup = [
    '#!/bin/sh',
    '# sh SETUP.SH [FOLDER]   the folder is $HOME/FLEET98 otherwise',
    'set -e',
    'cd "$(dirname "$0")"',
    'folder="${1:-$HOME/FLEET98}"',
    'if [ -e "$folder/MACHINE.ID" ]; then',
    '  echo "SETUP: this machine belongs to a fleet already. Nothing was changed." >&2',
    '  exit 1',
    'fi',
    'mkdir -p "$folder"',
    `cp ${worker} PULL.SH PULL.INI AGENT.INI "$folder"`,
    'cd "$folder"',
    `chmod +x ${worker} 2> /dev/null || :`,
    start,
    'while [ ! -f AGENT.NFO ]; do sleep 1; done',
    'exec sh PULL.SH',
  ];
  const readme = [
    title(request),
    '',
    '1. On the machine: sh SETUP.SH',
    `2. ${atDesk[0]}`,
    ...atDesk.slice(1),
  ];
  const plan = kitOf([worker, 'PULL.SH'], {
    'AGENT.INI': agentSettings(request),
    'PULL.INI': visitSettings(request.place),
    'README.TXT': readme,
  });
  return { ...plan, files: [...plan.files, { name: 'SETUP.SH', bytes: unixText(setup) }] };
}
