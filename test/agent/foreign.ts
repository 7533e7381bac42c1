import { spawn } from 'node:child_process';
import { agentEnvironment, type StartAgent } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';

/** A processor that this one can play. */
export interface ForeignProcessor {
  readonly name: string;
  /** The compiler's prefix. */
  readonly tools: string;
  readonly emulator: string;
  readonly emulatorArgs: readonly string[];
}

export const foreignProcessors = {
  arm: {
    name: 'an ARM926 (little-endian, no misaligned access)',
    tools: 'arm-linux-gnueabi',
    emulator: 'qemu-arm-static',
    emulatorArgs: ['-cpu', 'arm926'],
  },
  pentium: {
    name: 'a Pentium',
    tools: 'i686-linux-gnu',
    emulator: 'qemu-i386-static',
    emulatorArgs: ['-cpu', 'pentium'],
  },
  pentium2: {
    name: 'a Pentium II',
    tools: 'i686-linux-gnu',
    emulator: 'qemu-i386-static',
    emulatorArgs: ['-cpu', 'pentium2'],
  },
  m68k: {
    name: 'a 68020 (big-endian)',
    tools: 'm68k-linux-gnu',
    emulator: 'qemu-m68k-static',
    emulatorArgs: [],
  },
  sparc64: {
    name: 'an UltraSPARC (big-endian, 64 bits, no misaligned access)',
    tools: 'sparc64-linux-gnu',
    emulator: 'qemu-sparc64-static',
    emulatorArgs: [],
  },
} as const satisfies Record<string, ForeignProcessor>;

/** Builds the agent for a processor and hands over how it is started there; without the tools a test says so. */
export function onForeign(
  processor: ForeignProcessor,
  use: (name: string, startAgent: StartAgent) => void,
): void {
  const compiler = `${processor.tools}-gcc`;
  const missing = ['make', compiler, processor.emulator].find((program) => !haveProgram(program));
  if (missing !== undefined) {
    notTested(`the agent in C on ${processor.name}`, `there is no ${missing}`);
    return;
  }
  const agent = buildAgent({ CC: compiler, LDFLAGS: '-static -s' });
  use(`in C on ${processor.name}`, (folder) =>
    spawn(processor.emulator, [...processor.emulatorArgs, agent, folder], {
      env: agentEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
}
