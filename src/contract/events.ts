import { Type, type Static } from 'typebox';
import { Id, Offset } from './fields.ts';
import { TargetState } from './deployments.ts';
import { MachineHealth, MachineState } from './machines.ts';
import { RunState, RunSummary } from './runs.ts';

const reason = { code: Type.Optional(Type.String()), detail: Type.Optional(Type.String()) };

/** Data of each event of `/events`, by the event's name. */
export const fleetEvents = {
  machine: Type.Object({ machine: Type.String(), state: MachineState, health: MachineHealth }),
  target: Type.Object({
    deployment: Id,
    machine: Type.String(),
    state: TargetState,
    bytesSent: Type.Integer(),
    bytesTotal: Type.Integer(),
    bytesPerSecond: Type.Optional(Type.Number()),
    etaSeconds: Type.Optional(Type.Number()),
    ...reason,
  }),
  run: Type.Object({ run: Id, machine: Type.String(), state: RunState, ...reason }),
  log: Type.Object({ run: Id, endOffset: Offset }),
  /** Events were missed: ask for the lists anew. */
  gap: Type.Object({}),
};
export type FleetEventData = { [Name in keyof typeof fleetEvents]: Static<(typeof fleetEvents)[Name]> };

/** Data of each event of `/runs/:id/events`, by the event's name. Only `token` has an id: the raw log offset behind it. */
export const runEvents = {
  token: Type.Object({ offset: Offset, atMs: Type.Number(), text: Type.String() }),
  state: Type.Object({ state: RunState, ...reason }),
  end: RunSummary,
};
export type RunEventData = { [Name in keyof typeof runEvents]: Static<(typeof runEvents)[Name]> };
