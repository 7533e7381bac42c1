import type { Bundle } from '../domain/bundle.ts';
import type { Finding } from '../domain/finding.ts';
import type { AgentFacts, Machine, PlatformId } from '../domain/machine.ts';
import { runPreflight } from '../doctor/preflight/run-preflight.ts';
import { platformOf } from '../platforms/index.ts';
import type { Store } from '../store/open-store.ts';

/** The platform to judge a machine by: what a person said, else what its agent says, else the strictest. */
export function platformIdOf(machine: Machine): PlatformId {
  if (machine.platform) return machine.platform;
  const told = machine.agent?.platform;
  return told === 'win9x' || told === 'winnt' || told === 'linux' || told === 'unix' ? told : 'msdos';
}

/** Findings for putting `bundle` on `machine`. `toSend` are the files that are not there yet, with what is of each. */
export async function findingsFor(
  store: Store,
  machine: Machine,
  agent: AgentFacts | undefined,
  bundle: Bundle,
  toSend: readonly { readonly name: string; readonly presentBytes?: number }[],
): Promise<Finding[]> {
  const sending = new Map(toSend.map((file) => [file.name, file.presentBytes ?? 0]));
  const files = await Promise.all(
    bundle.files.map(async (file) => {
      const artifact = await store.artifacts.get(file.sha256);
      return {
        name: file.name,
        sizeBytes: file.sizeBytes,
        kind: artifact?.kind ?? 'other',
        facts: artifact?.facts ?? {},
        presentBytes: sending.get(file.name) ?? file.sizeBytes,
        alreadyThere: !sending.has(file.name),
      };
    }),
  );
  return runPreflight({
    platform: platformOf(platformIdOf(machine)),
    agentPresent: agent !== undefined,
    agentKinds: agent?.kinds ?? [],
    files,
    hasCommand: bundle.command !== undefined,
    ...(bundle.command?.exe !== undefined && { exe: bundle.command.exe }),
    ...(agent?.diskFreeKb !== undefined && { diskFreeBytes: agent.diskFreeKb * 1024 }),
    ...(agent?.ramKb !== undefined && { ramKb: agent.ramKb }),
  });
}
