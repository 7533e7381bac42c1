import { readFileSync } from 'node:fs';
import { KnobBoard, plainKnobs } from '../../src/simulator/knobs.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startFtpServer } from '../../src/simulator/ftp/server.ts';
import type { Machine } from './machines.ts';

/** A process of its own: the FTP servers of simulated machines whose agents are played by somebody else. */

const [list = '', profile = ''] = process.argv.slice(2);
const machines: readonly Machine[] = JSON.parse(readFileSync(list, 'utf8'));
const { dress } = loadProfile(profile);
for (const { diskFolder, user, password, port } of machines) {
  await startFtpServer({ diskFolder, dress, user, password, port, knobs: new KnobBoard(plainKnobs) });
}
process.stdin.once('end', () => process.exit(0)).resume();
process.stdout.write('{"ready":true}\n');
