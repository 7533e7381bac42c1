import { Type, type Static } from 'typebox';
import {
  BundleReference,
  Id,
  LabelFilter,
  Labels,
  MachineName,
  Platform,
  Time,
  Word,
  byTime,
  pageOf,
  paging,
  strict,
  transportNames,
} from './fields.ts';

const Host = Type.String({
  pattern: '^([A-Za-z0-9_][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45})$',
  description: 'a host name or an IP address, without a port',
});
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
/** What a new machine has when its request does not say. */
export const newMachineDefaults = { port: 21 } as const;
const Password = Type.String({
  pattern: '^[^\\u0000-\\u001f\\u007f]{0,128}$',
  description: 'at most 128 characters without control characters',
});
const VariableName = Type.String({
  // Any other variable of the daemon must not travel to a machine as a password.
  pattern: '^FLEET98_PASSWORD_[A-Z0-9_]{1,80}$',
  description: 'the name of an environment variable of the daemon that begins with FLEET98_PASSWORD_',
});
const Spool = Word(200);

const TransportName = Type.Enum([...transportNames], {
  description: 'push: the daemon logs in there; depot: the machine logs in here by itself, and only fetches',
});

export const NewMachine = strict({
  name: MachineName,
  transport: Type.Optional(TransportName),
  host: Type.Optional(Host),
  port: Type.Optional(Port),
  user: Type.Optional(Word(128)),
  password: Type.Optional(Password),
  passwordEnv: Type.Optional(VariableName),
  spool: Type.Optional(Spool),
  platform: Type.Optional(Platform),
  labels: Type.Optional(Labels),
});
export type NewMachine = Static<typeof NewMachine>;

const clearable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()], {
    description: 'a value as in registering a machine, or null to clear it',
  });

export const MachineChange = strict(
  {
    name: Type.Optional(MachineName),
    host: Type.Optional(Host),
    port: Type.Optional(Port),
    user: Type.Optional(Word(128)),
    password: Type.Optional(clearable(Password)),
    passwordEnv: Type.Optional(clearable(VariableName)),
    spool: Type.Optional(clearable(Spool)),
    platform: Type.Optional(clearable(Platform)),
    labels: Type.Optional(Labels),
    writeChunkBytes: Type.Optional(Type.Integer({ minimum: 512, maximum: 1_048_576 })),
  },
  { minProperties: 1 },
);
export type MachineChange = Static<typeof MachineChange>;

export const MachineState = Type.Enum(['new', 'ready', 'retired']);
export const MachineHealth = Type.Enum(['unknown', 'good', 'late', 'unreachable', 'lost', 'suspect']);

/** What holds the machine now: one operation at a time. */
export const Busy = Type.Object({
  kind: Type.Enum(['deploy', 'run', 'files']),
  owner: Type.String({ description: '`deployment:12` or `run:42`' }),
  since: Time,
});
export type Busy = Static<typeof Busy>;

/** A machine that does one thing at a time has its FTP server or its agent, never both. */
export const Away = Type.Object(
  {
    state: Type.Enum(['waiting-for-keyboard', 'working', 'overdue'], {
      description: 'waiting-for-keyboard: jobs lie there, and somebody has to end its FTP server',
    }),
    owner: Type.String({ description: 'What it works for: `run:42`, `deployment:12`, `verify:…`' }),
    since: Time,
    backBy: Type.Optional(Type.String({ format: 'date-time', description: 'A prediction' })),
  },
  { description: 'Nothing answers there while it works, and that is no fault' },
);
export type Away = Static<typeof Away>;

const Server = Type.Object({
  banner: Type.String(),
  syst: Type.String(),
  feat: Type.Array(Type.String()),
  restartRead: Type.Boolean(),
  restartWrite: Type.Optional(Type.Enum(['appe', 'rest'])),
  dataConnections: Type.Array(Type.String()),
  endServer: Type.Optional(
    Type.Boolean({ description: 'The server can be ended from here, so that the agent can work' }),
  ),
  foreignFiles: Type.Optional(
    Type.Array(Type.String(), { description: 'Files of jobs that this daemon does not know' }),
  ),
  writeBytesPerSecond: Type.Optional(Type.Number()),
  readBytesPerSecond: Type.Optional(Type.Number()),
});

const Agent = Type.Object({
  age: Type.Enum(['current', 'old', 'too-old'], {
    description: 'Beside the agent that this daemon ships; old ones are talked to',
  }),
  agent: Type.String(),
  version: Type.String(),
  build: Type.String(),
  platform: Type.String(),
  os: Type.String(),
  name: Type.String(),
  path: Type.String(),
  cpu: Type.String(),
  arch: Type.Optional(Type.String({ description: 'What programs are built for there, such as x86_64' })),
  mhz: Type.Optional(Type.Number()),
  ramKb: Type.Optional(Type.Number()),
  ramFreeKb: Type.Optional(Type.Number()),
  diskFreeKb: Type.Optional(Type.Number()),
  clock: Type.String(),
  stepUs: Type.Optional(Type.Number()),
  uptimeSeconds: Type.Optional(Type.Number()),
  boot: Type.Integer(),
  sequence: Type.Integer(),
  job: Type.Optional(Type.String()),
  childPid: Type.Optional(Type.Integer()),
  agentPid: Type.Optional(Type.Integer()),
  kinds: Type.Array(Type.String()),
  hold: Type.Boolean(),
  simulated: Type.Boolean(),
});

/** A machine. Its password is never part of an answer. */
export const Machine = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: MachineState,
    health: MachineHealth,
    held: Type.Boolean({ description: 'While true no new work starts here' }),
    busy: Type.Optional(Busy),
    away: Type.Optional(Away),
    transport: TransportName,
    host: Type.String({ description: 'Empty for one that comes by itself, until it was here' }),
    port: Type.Integer(),
    user: Type.String(),
    hasPassword: Type.Boolean(),
    passwordEnv: Type.Optional(Type.String()),
    spool: Type.Optional(Type.String()),
    platform: Type.Optional(Type.String()),
    labels: Type.Record(Type.String(), Type.String()),
    writeChunkBytes: Type.Integer(),
    simulated: Type.Boolean(),
    server: Type.Optional(Server),
    agent: Type.Optional(Agent),
    lastContactAt: Type.Optional(Time),
    lastError: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String(), at: Time })),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'Machine' },
);
export type Machine = Static<typeof Machine>;

export const MachineQuery = strict({
  ...paging,
  ...byTime,
  bundle: Type.Optional(BundleReference),
  state: Type.Optional(MachineState),
  health: Type.Optional(MachineHealth),
  platform: Type.Optional(Platform),
  label: Type.Optional(LabelFilter),
});
export const MachinePage = pageOf(Machine);
export type MachinePage = Static<typeof MachinePage>;

/** A machine that has told of itself, and waits. */
const Waiting = Type.Object({
  code: Type.String({ description: 'On its screen, too' }),
  address: Type.String(),
  name: Type.String({ description: 'Its own word, as all of `agent`' }),
  agent: Agent,
  since: Time,
  seen: Time,
});
export const WaitingList = Type.Object({ items: Type.Array(Waiting) }, { title: 'WaitingList' });
export type WaitingList = Static<typeof WaitingList>;
export const Approval = strict({
  code: Type.String({ pattern: '^[0-9]{4}$', description: 'the four digits on the screen of the machine' }),
  again: Type.Optional(Type.Boolean()),
});

export const ProbeRequest = strict({ adopt: Type.Optional(Type.Boolean()) });
export const HoldRequest = strict({ held: Type.Boolean() });
export const PreflightQuery = strict({ bundle: BundleReference });

const AgentBuild = Type.Object({ version: Type.String(), build: Type.String() });

/** The answer to an update of a machine's agent. */
export const AgentUpdated = Type.Object(
  {
    machine: Type.String(),
    state: Type.Enum(['done', 'already-current']),
    from: AgentBuild,
    to: AgentBuild,
  },
  { title: 'AgentUpdated' },
);
export type AgentUpdated = Static<typeof AgentUpdated>;

/** A run, a deployment or an update of the agent that concerned a machine. */
const HistoryItem = Type.Object({
  kind: Type.Enum(['deployment', 'run', 'update']),
  id: Id,
  bundle: Type.Optional(Type.String({ description: 'name@version, of a run and a deployment' })),
  agent: Type.Optional(Type.Object({ from: AgentBuild, to: AgentBuild }, { description: 'Of an update' })),
  state: Type.String(),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  requestedBy: Type.String(),
  at: Time,
  endedAt: Type.Optional(Time),
});
export const HistoryQuery = strict({ ...paging });
export const HistoryPage = pageOf(HistoryItem);
export type HistoryPage = Static<typeof HistoryPage>;

/** What is known of how a machine does. */
export const MachineReport = Type.Object({
  machine: Machine,
  transcript: Type.Array(Type.String(), { description: 'Last FTP control lines, oldest first' }),
  advice: Type.Array(Type.String(), { description: 'What to look at, most likely first' }),
});
export type MachineReport = Static<typeof MachineReport>;

export const Finding = Type.Object({
  level: Type.Enum(['block', 'warn', 'info']),
  code: Type.String(),
  message: Type.String(),
});

export const Preflight = Type.Object({
  machine: Type.String(),
  bundle: Type.String(),
  blocked: Type.Boolean(),
  findings: Type.Array(Finding),
});
export type Preflight = Static<typeof Preflight>;

export const ScanRequest = strict({
  network: Type.Optional(
    Type.String({
      pattern:
        '^((25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})/(2[0-9]|3[0-2])$',
      description: 'an IPv4 network such as 192.168.98.0/24, not wider than /20',
    }),
  ),
  port: Type.Optional(Port),
});
const FoundServer = Type.Object({
  address: Type.String(),
  port: Type.Integer(),
  greeting: Type.String({ description: 'Its own words' }),
  name: Type.Optional(Type.String({ description: 'The machine that is registered with this address' })),
});
export const ScanResult = Type.Object({ items: Type.Array(FoundServer) }, { title: 'ScanResult' });
export type ScanResult = Static<typeof ScanResult>;
