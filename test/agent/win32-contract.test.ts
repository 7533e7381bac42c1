import { inject } from 'vitest';
import { agentContract } from '../contract/agent/agent-contract.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { agentInWine, buildForWindows, windowsMissing, windowsPrograms } from './windows.ts';

const missing = windowsMissing();
if (missing === undefined) {
  const prefix = inject('winePrefix');
  agentContract('for Windows', agentInWine(prefix, buildForWindows(64), windowsPrograms()));
} else {
  notTested('the agent for Windows', missing);
}
