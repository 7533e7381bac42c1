import { agentContract } from '../contract/agent/agent-contract.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { winePrefix } from '../support/wine.ts';
import { agentInWine, buildForWindows, windowsMissing, windowsPrograms } from './windows.ts';

const missing = windowsMissing();
if (missing === undefined) {
  const prefix = await winePrefix();
  agentContract('for Windows', agentInWine(prefix, buildForWindows(64), windowsPrograms()));
} else {
  notTested('the agent for Windows', missing);
}
