import { spawn } from 'node:child_process';
import { agentEnvironment } from './agent-bench.ts';
import { agentContract } from './agent-contract.ts';
import { buildAgent, haveProgram, notTested } from './build-agent.ts';

if (haveProgram('gcc') && haveProgram('make')) {
  const agent = buildAgent();
  agentContract('in C', (folder) =>
    spawn(agent, [folder], { env: agentEnvironment, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
} else {
  notTested('the agent in C', 'there is no gcc or no make');
}
