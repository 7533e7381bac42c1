import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { agentContract } from './agent-contract.ts';
import { agentEnvironment } from './agent-bench.ts';

const project = join(import.meta.dirname, '../../..');

agentContract('of the simulator', (folder) =>
  spawn(process.execPath, ['--import', 'tsx', 'src/simulator/agent/main.ts', folder], {
    cwd: project,
    env: agentEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  }),
);
