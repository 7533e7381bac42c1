import { setTimeout as delay } from 'node:timers/promises';
import type { WatchedCable } from '../support/watched-cable.ts';

const LOOK_MS = 10;
/** So many looks without a command, and nothing is under way. */
const QUIET_LOOKS = 15;

/**
 * Acts when the cable is about to carry the n-th command from now, in the very turn, after which its connections end;
 * or when it has become quiet before. 0: at once.
 */
export async function atTraffic(cable: WatchedCable, nth: number, act: () => void): Promise<void> {
  if (nth === 0) return act();
  const moment = { isReached: false };
  void cable.at({ command: /^/, when: 'before', nth }, () => {
    moment.isReached = true;
    act();
  });
  let carried = cable.commands.length;
  for (let quiet = 0; !moment.isReached && quiet < QUIET_LOOKS; quiet += 1) {
    await delay(LOOK_MS);
    if (cable.commands.length !== carried) quiet = 0;
    carried = cable.commands.length;
  }
  if (moment.isReached) return;
  cable.unwatch();
  act();
}
