import type {
  Busy,
  Machine as MachineAnswer,
  MachineReport as ReportAnswer,
} from '../../contract/machines.ts';
import { agentAge } from '../../domain/agent-versions.ts';
import type { Lane } from '../../domain/lane.ts';
import type { AgentFacts, Machine, MachineServer } from '../../domain/machine.ts';
import type { MachineReport } from '../../operations/operations.ts';
import { defined } from '../defined.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

const presentLane = ({ kind, ownerId, sinceMs }: Lane): Busy => ({
  kind,
  owner: ownerId,
  since: isoTime(sinceMs),
});

const presentServer = ({ foreignFiles, ...server }: MachineServer): MachineAnswer['server'] => ({
  ...server,
  feat: [...server.feat],
  dataConnections: [...server.dataConnections],
  ...(foreignFiles && { foreignFiles: [...foreignFiles] }),
});

const presentAgent = (agent: AgentFacts): MachineAnswer['agent'] => ({
  ...agent,
  age: agentAge(agent),
  kinds: [...agent.kinds],
});

/** `lane` is what holds the machine now. */
export function presentMachine(machine: Machine, lane: Lane | undefined): MachineAnswer {
  const { id, name, state, health, held, host, port, user, passwordEnv, hasPassword, spool } = machine;
  const { platform, labels, writeChunkBytes, simulated, server, agent, lastError } = machine;
  return defined({
    id,
    name,
    state,
    health,
    held,
    busy: lane && presentLane(lane),
    host,
    port,
    user,
    hasPassword,
    passwordEnv,
    spool,
    platform,
    labels,
    writeChunkBytes,
    simulated,
    server: server && presentServer(server),
    agent: agent && presentAgent(agent),
    lastContactAt: isoTimeIfKnown(machine.lastContactAtMs),
    lastError: lastError && { code: lastError.code, detail: lastError.detail, at: isoTime(lastError.atMs) },
    createdAt: isoTime(machine.createdAtMs),
    updatedAt: isoTime(machine.updatedAtMs),
  });
}

export const presentReport = ({ machine, lane, transcript, advice }: MachineReport): ReportAnswer => ({
  machine: presentMachine(machine, lane),
  transcript: [...transcript],
  advice: [...advice],
});
