import type {
  Away,
  Busy,
  Machine as MachineAnswer,
  MachineReport as ReportAnswer,
} from '../../contract/machines.ts';
import { absenceState } from '../../domain/absence.ts';
import type { Absence } from '../../domain/absence.ts';
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

const presentAway = (absence: Absence, nowMs: number): Away =>
  defined({
    state: absenceState(absence, nowMs),
    owner: absence.ownerId,
    since: isoTime(absence.sinceMs),
    backBy: isoTimeIfKnown(absence.backByMs),
  });

const presentServer = ({ foreignFiles, ...server }: MachineServer): MachineAnswer['server'] => ({
  ...server,
  feat: [...server.feat],
  dataConnections: [...server.dataConnections],
  ...(foreignFiles && { foreignFiles: [...foreignFiles] }),
});

export const presentAgent = (agent: AgentFacts): NonNullable<MachineAnswer['agent']> => ({
  ...agent,
  age: agentAge(agent),
  kinds: [...agent.kinds],
});

/** What is known beside the machine itself, now: what holds it, and whether it is away. */
export interface MachineNow {
  readonly lane: Lane | undefined;
  readonly absence: Absence | undefined;
}

export function presentMachine(machine: Machine, { lane, absence }: MachineNow): MachineAnswer {
  const { id, name, state, health, held, transport, host, port, user, passwordEnv, hasPassword, spool } =
    machine;
  const { platform, labels, writeChunkBytes, simulated, server, agent, lastError } = machine;
  return defined({
    id,
    name,
    state,
    health,
    held,
    busy: lane && presentLane(lane),
    away: absence && presentAway(absence, Date.now()),
    transport,
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

export const presentReport = ({
  machine,
  lane,
  absence,
  transcript,
  advice,
}: MachineReport): ReportAnswer => ({
  machine: presentMachine(machine, { lane, absence }),
  transcript: [...transcript],
  advice: [...advice],
});
