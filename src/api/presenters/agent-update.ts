import type { AgentUpdated } from '../../contract/machines.ts';
import type { AgentUpdate } from '../../domain/agent-update.ts';

export const presentAgentUpdate = (machine: string, { state, from, to }: AgentUpdate): AgentUpdated => ({
  machine,
  state,
  from: { version: from.version, build: from.build },
  to: { version: to.version, build: to.build },
});
