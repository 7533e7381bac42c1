import { SimulatedAgent } from './agent.ts';
import { SpoolLocked } from './lock.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: main.ts FOLDER\n');
  process.exit(2);
}

const agent = new SimulatedAgent(folder);
const stop = (): void => {
  void agent.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

try {
  await agent.start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof SpoolLocked ? 3 : 1);
}
process.stdout.write(`the simulated agent serves ${folder}\n`);
