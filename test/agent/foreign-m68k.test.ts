import { agentContract } from '../contract/agent/agent-contract.ts';
import { foreignProcessors, onForeign } from './foreign.ts';

onForeign(foreignProcessors.m68k, agentContract);
