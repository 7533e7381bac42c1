import { agentContract } from '../contract/agent/agent-contract.ts';
import { foreignProcessors, onForeign } from './foreign.ts';

onForeign(foreignProcessors.pentium2, agentContract);
