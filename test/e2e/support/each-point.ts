import { afterAll, describe, test } from 'vitest';
import { Lane } from './lane.ts';
import type { LanePc } from './lane.ts';

/** One numbered test for each point, on one lane; after a failure a new lane, so that one case cannot spoil the next. */
export function eachPoint<Pc extends LanePc, Point extends { readonly name: string }>(
  what: string,
  startPc: (diskFolder: string) => Promise<Pc>,
  points: readonly Point[],
  play: (lane: Lane<Pc>, name: string, point: Point) => Promise<void>,
): void {
  describe(what, () => {
    let lane: Lane<Pc> | undefined;
    const stop = async (): Promise<void> => {
      const old = lane;
      lane = undefined;
      await old?.stop();
    };
    afterAll(stop);
    for (const [index, point] of points.entries()) {
      const number = String(index + 1).padStart(2, '0');
      test(`${number} ${point.name}`, async () => {
        lane ??= await Lane.start(startPc);
        try {
          await play(lane, `case-${number}`, point);
        } catch (error) {
          await stop();
          throw error;
        }
      });
    }
  });
}
