import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SseEvent } from '../../../src/cli/sse-parser.ts';
import type { Moment } from '../../support/watched-cable.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Lane } from './lane.ts';
import { Story } from './story.ts';

/** Where the daemon is killed: at a moment on the cable, or when it has told of a state of the target or the run. */
export interface KillPoint {
  readonly name: string;
  readonly at:
    Moment | ((story: Story) => Moment) | { readonly told: 'request' | `${'target' | 'run'} ${string}` };
  /** The daemon stays away until the program has ended. */
  readonly awayUntilEnd?: true;
}

const PATIENCE_MS = 100_000;

/** Kills the daemon at each of the points, one after the other in one story, and expects that nothing is lost. */
export async function killDaemonAt(lane: Lane, name: string, points: readonly KillPoint[]): Promise<void> {
  const story = await Story.begin(lane, name);
  const kill = (): void => void lane.killDaemon();
  let isAsked = false;
  for (const { at, name: point, awayUntilEnd } of points) {
    const moment = typeof at === 'function' ? at(story) : at;
    if (!('told' in moment)) void lane.cable.at(moment, kill);
    else if (moment.told !== 'request') await lane.onEvent(isTelling(moment.told), kill);
    if (!isAsked) await story.ask('told' in moment && moment.told === 'request' ? kill : undefined);
    isAsked = true;
    await waitFor(`the moment: ${point}`, () => lane.isDaemonDead, PATIENCE_MS);
    if (awayUntilEnd) await programEnd(lane, story);
    await lane.startDaemon();
  }
  await story.expectSuccess();
}

/** Whether an event tells of the state in words such as `run starting`. */
function isTelling(words: string): (event: SseEvent) => boolean {
  const [kind = '', state = ''] = words.split(' ');
  return ({ event, data }) => event === kind && data.includes(`"state":"${state}"`);
}

/** Lets the program run to its end and waits for its END; the place job has been cleared away before. */
async function programEnd(lane: Lane, story: Story): Promise<void> {
  const names = (folder: string): string[] => readdirSync(join(lane.spoolFolder, folder));
  await waitFor(
    'the END of the run',
    () => {
      story.letGo();
      return names('RUN').length === 0 && names('OUT').some((file) => file.endsWith('.END'));
    },
    PATIENCE_MS,
  );
}
