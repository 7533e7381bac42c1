import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SimulatedAgent } from './agent/agent.ts';
import type { PcAgent } from './pc-agent.ts';

let links = 0;

/**
 * Starts the simulator's own agent in this process. It reaches its spool through a link that only it uses, so that it
 * can be ended the way a power cut does: once the link is cut, nothing that it still wants to write finds its place.
 */
export async function startOwnAgent(
  spoolFolder: string,
  environment: Readonly<Record<string, string>>,
): Promise<PcAgent> {
  const link = linkTo(spoolFolder);
  const removeLink = (): void => rmSync(link, { force: true });
  const agent = new SimulatedAgent(link, { environment });
  try {
    await agent.start();
  } catch (error) {
    removeLink();
    throw error;
  }
  return {
    stop: async () => {
      await agent.stop();
      removeLink();
    },
    crash: async () => {
      removeLink();
      // A file in its place: the agent must not make a folder of that name.
      writeFileSync(link, '');
      await agent.stop().catch(() => {});
      removeLink();
      rmSync(join(spoolFolder, 'AGENT.LCK'), { force: true });
    },
  };
}

/** Beside the spool, under a name that no FTP client can see. */
function linkTo(spoolFolder: string): string {
  const disk = dirname(spoolFolder);
  removeOldLinks(disk);
  links += 1;
  const link = join(disk, `.agent-${process.pid}-${links}`);
  symlinkSync(basename(spoolFolder), link);
  return link;
}

/** Those of a simulator that was killed. */
function removeOldLinks(disk: string): void {
  for (const name of readdirSync(disk)) {
    const [, pid] = /^\.agent-(\d+)-\d+$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(disk, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
