import { commands, constant, constantFrom, integer, nat, oneof, tuple } from 'fast-check';
import type { Arbitrary, AsyncCommand } from 'fast-check';
import { DomainError } from '../../src/domain/errors.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { atTraffic } from './at-traffic.ts';
import { references } from './bundles.ts';
import type { Reference } from './bundles.ts';
import { expectAlways } from './checks.ts';
import { isReachable } from './model.ts';
import type { Model, ModelMachine } from './model.ts';
import type { OldPc } from './old-pc.ts';
import type { World } from './world.ts';

type Play = (model: Model, world: World) => Promise<void>;

/** Something that a person, or bad luck, does; shown as `label` when a sequence fails. */
class Step implements AsyncCommand<Model, World> {
  readonly #label: string;
  readonly #isPossible: (model: Readonly<Model>) => boolean;
  readonly #play: Play;

  constructor(label: string, isPossible: (model: Readonly<Model>) => boolean, play: Play) {
    this.#label = label;
    this.#isPossible = isPossible;
    this.#play = play;
  }

  check(model: Readonly<Model>): boolean {
    return this.#isPossible(model);
  }

  async run(model: Model, world: World): Promise<void> {
    await this.#play(model, world);
    await expectAlways(world);
  }

  toString(): string {
    return this.#label;
  }
}

interface Here {
  readonly machine: ModelMachine;
  readonly pc: OldPc;
  readonly model: Model;
  readonly world: World;
}

/** A step at one machine. */
function at(
  index: number,
  label: string,
  isPossible: (machine: ModelMachine, model: Readonly<Model>) => boolean,
  play: (here: Here) => Promise<void>,
): Step {
  const machineOf = (model: Readonly<Model>): ModelMachine | undefined => model.machines[index];
  return new Step(
    `${label} m${index + 1}`,
    (model) => {
      const machine = machineOf(model);
      return machine !== undefined && isPossible(machine, model);
    },
    async (model, world) => {
      const machine = machineOf(model);
      if (machine) await play({ machine, model, world, pc: world.pc(index) });
    },
  );
}

/** The code of a refusal, which must be one of these; undefined when it was done. */
async function refusal(action: Promise<unknown>, ...allowed: ErrorCode[]): Promise<ErrorCode | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    if (error instanceof DomainError && allowed.includes(error.code)) return error.code;
    throw error;
  }
}

const isAskable = (machine: ModelMachine, { isDaemonAlive }: Readonly<Model>): boolean =>
  isDaemonAlive && machine.isRegistered;

/** How it shows that a machine cannot be spoken to. */
const silent: ErrorCode[] = ['UNREACHABLE', 'CONNECT_REFUSED', 'LINK_LOST', 'TIMEOUT'];
const notReady: ErrorCode[] = ['MACHINE_NOT_READY'];

const silence = (machine: ModelMachine): ErrorCode[] => [
  ...(isReachable(machine) ? [] : silent),
  ...(machine.isRetired ? notReady : []),
];

const register = (index: number): Step =>
  at(
    index,
    'register',
    (machine, { isDaemonAlive }) =>
      isDaemonAlive && !machine.isRegistered && isReachable(machine) && machine.hasAgent,
    async ({ machine, pc, world }) => {
      await world.register(pc);
      machine.isRegistered = true;
    },
  );

const deploy = (index: number, reference: Reference): Step =>
  at(index, `deploy ${reference} to`, isAskable, async ({ machine, model, pc, world }) => {
    const no = await refusal(world.deploy([pc], reference), ...(machine.isRetired ? notReady : []));
    if (no === undefined) model.deployments += 1;
  });

const deployToAll = (reference: Reference): Step =>
  new Step(
    `deploy ${reference} to all`,
    ({ isDaemonAlive, machines }) => isDaemonAlive && machines.some(isReady),
    async (model, world) => {
      const ready = model.machines.filter(isReady);
      await world.deploy(
        ready.map(({ index }) => world.pc(index)),
        reference,
      );
      model.deployments += 1;
    },
  );

const isReady = ({ isRegistered, isRetired }: ModelMachine): boolean => isRegistered && !isRetired;

const run = (index: number, reference: Reference, deployFirst: boolean): Step => {
  const how = deployFirst ? 'deploy and run' : 'run';
  return at(index, `${how} ${reference} on`, isAskable, async ({ machine, model, pc, world }) => {
    const no = await refusal(
      world.run(pc, reference, deployFirst),
      ...(machine.isRetired ? notReady : []),
      ...(deployFirst ? [] : (['NOT_DEPLOYED'] as const)),
    );
    if (no === undefined) model.runs += 1;
  });
};

const cancelRun = (pick: number): Step =>
  new Step(
    `cancel run ${pick}`,
    ({ isDaemonAlive, runs }) => isDaemonAlive && runs > 0,
    async (_, world) => {
      const asked = world.runs[pick % world.runs.length];
      if (!asked) return;
      const no = await refusal(world.operations.cancelRun(asked.id), 'ALREADY_ENDED');
      if (no === undefined) asked.isCancelAsked = true;
    },
  );

const cancelDeployment = (pick: number): Step =>
  new Step(
    `cancel deployment ${pick}`,
    ({ isDaemonAlive, deployments }) => isDaemonAlive && deployments > 0,
    async (_, world) => {
      const asked = world.deployments[pick % world.deployments.length];
      if (!asked) return;
      const no = await refusal(world.operations.cancelDeployment(asked.id), 'ALREADY_ENDED');
      if (no === undefined) asked.isCancelAsked = true;
    },
  );

const verify = (index: number): Step =>
  at(
    index,
    'verify',
    (machine, model) => isAskable(machine, model) && machine.hasAgent,
    async ({ machine, pc, world }) => {
      const verified = async (): Promise<void> => {
        for (const { bundle, isWhole } of await world.operations.verifyMachine(pc.name)) {
          if (isWhole || world.halfRemoved.has(`${pc.name} ${bundle.folder}`)) continue;
          world.violations.push(`${bundle.name}@${bundle.version} on ${pc.name} was found not whole`);
        }
      };
      await refusal(verified(), 'MACHINE_BUSY', ...silence(machine));
    },
  );

const remove = (index: number, reference: Reference): Step =>
  at(
    index,
    `remove ${reference} from`,
    (machine, model) => isAskable(machine, model) && machine.hasAgent,
    async ({ machine, pc, world }) => {
      const quiet = silence(machine);
      const refused = ['MACHINE_BUSY', 'NOT_DEPLOYED', 'BUNDLE_IN_USE', ...quiet] as const;
      const no = await refusal(world.operations.removeBundle(pc.name, reference), ...refused);
      if (no !== undefined && quiet.includes(no)) world.noteHalfRemoved(pc, world.bundle(reference));
    },
  );

/** What lasts, and what a remove that breaks off leaves half done. */
type Errand = 'verify' | 'remove' | 'probe';

const brokenOff = (index: number, errand: Errand, reference: Reference, nth: number): Step =>
  at(
    index,
    `crash of the daemon at command ${nth} of a ${errand} on`,
    (machine, model) => isAskable(machine, model) && machine.hasAgent,
    async ({ pc, world }) => {
      const { operations } = world;
      if (errand === 'remove') world.noteHalfRemoved(pc, world.bundle(reference));
      const asked = {
        verify: () => operations.verifyMachine(pc.name),
        remove: () => operations.removeBundle(pc.name, reference),
        probe: () => operations.probeMachine(pc.name, { adopt: false }),
      }[errand]();
      const over = asked.then(
        () => {},
        () => {},
      );
      await atTraffic(pc.cable, nth, () => world.crash());
      await over;
      await world.daemon.start();
    },
  );

const probe = (index: number): Step =>
  at(
    index,
    'probe',
    (machine, model) => isAskable(machine, model) && machine.hasAgent,
    async ({ machine, pc, world }) => {
      const asked = world.operations.probeMachine(pc.name, { adopt: false });
      await refusal(asked, ...(isReachable(machine) ? [] : silent));
    },
  );

const holdOrRelease = (index: number): Step =>
  at(index, 'hold or release', isAskable, async ({ machine, pc, world }) => {
    machine.isHeld = !machine.isHeld;
    await world.operations.holdMachine(pc.name, machine.isHeld);
  });

const retireOrRestore = (index: number): Step =>
  at(index, 'retire or restore', isAskable, async ({ machine, pc, world }) => {
    if (machine.isRetired) {
      await world.operations.restoreMachine(pc.name);
      machine.isRetired = false;
    } else {
      machine.isRetired =
        (await refusal(world.operations.retireMachine(pc.name), 'MACHINE_BUSY')) === undefined;
    }
  });

/** Trouble is over at once, or lasts until the same step comes again. */
type Lasting = 'at once' | 'later';

const crash = (index: number, nth: number, back: Lasting): Step =>
  at(
    index,
    `start of the daemon, or its crash at command ${nth} and start ${back},`,
    () => true,
    async ({ model, pc, world }) => {
      if (model.isDaemonAlive) await atTraffic(pc.cable, nth, () => world.crash());
      model.isDaemonAlive = !model.isDaemonAlive || back === 'at once';
      if (model.isDaemonAlive) await world.daemon.start();
    },
  );

const unplug = (index: number, nth: number, back: Lasting): Step =>
  at(
    index,
    `plug, or unplug at command ${nth} and plug ${back},`,
    () => true,
    async ({ machine, pc }) => {
      if (machine.isPlugged) await reached(pc, nth, () => pc.cable.unplug());
      machine.isPlugged = !machine.isPlugged || back === 'at once';
      if (machine.isPlugged) await pc.cable.plug();
    },
  );

const cutPower = (index: number, nth: number, loseTailBytes: number, back: Lasting): Step =>
  at(
    index,
    `power on, or cut that loses ${loseTailBytes} bytes at command ${nth} and power on ${back},`,
    () => true,
    async ({ machine, pc }) => {
      if (machine.isPowered) await reached(pc, nth, () => pc.powerOff(loseTailBytes));
      machine.isPowered = !machine.isPowered || back === 'at once';
      machine.hasAgent = machine.isPowered;
      if (machine.isPowered) await pc.pc.powerOn();
    },
  );

const crashAgent = (index: number, nth: number, back: Lasting): Step =>
  at(
    index,
    `start of the agent, or its crash at command ${nth} and start ${back},`,
    ({ isPowered }) => isPowered,
    async ({ machine, pc }) => {
      if (machine.hasAgent) await reached(pc, nth, () => pc.crashAgent());
      machine.hasAgent = !machine.hasAgent || back === 'at once';
      if (machine.hasAgent) await pc.pc.startAgent();
    },
  );

const longTime = (): Step =>
  new Step(
    'a long time passes while a machine is away',
    ({ isDaemonAlive, machines }) => isDaemonAlive && !machines.every(isReachable),
    async (_, world) => world.letLongTimePass(),
  );

/** Begins at the moment, and waits until it is done. */
async function reached({ cable }: OldPc, nth: number, act: () => Promise<void>): Promise<void> {
  let done: Promise<void> | undefined;
  await atTraffic(cable, nth, () => {
    done = act();
  });
  await done;
}

export type Sequence = Iterable<AsyncCommand<Model, World>>;

/** Random sequences of all of that. `replayPath` picks those commands of one that a failure told of. */
export function sequences(machines: number, maxCommands: number, replayPath = ''): Arbitrary<Sequence> {
  const machine = nat(machines - 1);
  const reference = constantFrom(...references);
  const nth = oneof(constant(0), integer({ min: 1, max: 80 }), integer({ min: 1, max: 80 }));
  const back = constantFrom<Lasting[]>('at once', 'at once', 'at once', 'later');
  const lost = constantFrom(0, 100, 5_000);
  const errand = constantFrom<Errand[]>('verify', 'remove', 'probe');
  const often: Arbitrary<AsyncCommand<Model, World>>[] = [
    tuple(machine, reference).map((p) => deploy(...p)),
    tuple(machine, reference).map((p) => run(...p, false)),
    tuple(machine, reference).map((p) => run(...p, true)),
    tuple(machine, reference).map((p) => run(...p, true)),
    tuple(machine, nth, back).map((p) => crash(...p)),
    tuple(machine, nth, back).map((p) => crash(...p)),
  ];
  const seldom: Arbitrary<AsyncCommand<Model, World>>[] = [
    machine.map(register),
    constant(0).map(longTime),
    reference.map(deployToAll),
    nat(20).map(cancelRun),
    nat(20).map(cancelDeployment),
    machine.map(verify),
    machine.map(probe),
    tuple(machine, reference).map((p) => remove(...p)),
    tuple(machine, errand, reference, nth).map((p) => brokenOff(...p)),
    machine.map(holdOrRelease),
    machine.map(retireOrRestore),
    tuple(machine, nth, back).map((p) => unplug(...p)),
    tuple(machine, nth, lost, back).map((p) => cutPower(...p)),
    tuple(machine, nth, back).map((p) => crashAgent(...p)),
  ];
  const replay = replayPath === '' ? {} : { replayPath };
  return commands([...often, ...often, ...seldom], { maxCommands, size: 'max', ...replay });
}
