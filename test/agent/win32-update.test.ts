import { describe, inject } from 'vitest';
import { notTested } from '../contract/agent/build-agent.ts';
import { updateContract } from '../contract/agent/update-contract.ts';
import { agentPrograms } from '../contract/agent/update-programs.ts';
import { buildForWindows, spoolAgentInWine, windowsMissing, windowsPrograms } from './windows.ts';

const missing = windowsMissing();
if (missing === undefined) {
  const prefix = inject('winePrefix');
  describe('the agent for Windows, updated,', () => {
    const agent = buildForWindows(64);
    updateContract(spoolAgentInWine(prefix, agent, windowsPrograms()), agentPrograms(agent));
  });
} else {
  notTested('the update of the agent for Windows', missing);
}
