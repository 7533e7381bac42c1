import { expect, test } from 'vitest';
import { Restartable } from '../../src/lib/restartable.ts';

/** Tells what is opened and closed; what is closed waits for its gate. */
function opener() {
  const told: string[] = [];
  let count = 0;
  const gates: (() => void)[] = [];
  const open = () => {
    const number = ++count;
    told.push(`open ${number}`);
    return Promise.resolve({
      close: async () => {
        told.push(`closing ${number}`);
        await new Promise<void>((resolve) => gates.push(resolve));
        told.push(`closed ${number}`);
      },
    });
  };
  const letGo = async () => {
    await expect.poll(() => gates.length).toBeGreaterThan(0);
    gates.shift()?.();
  };
  return { told, open, letGo };
}

test('one restart comes after another', async () => {
  const { told, open, letGo } = opener();
  const running = await Restartable.open(open);
  const restarts = [running.restart(), running.restart()];
  await letGo();
  await letGo();
  await Promise.all(restarts);
  expect(told.join(', ')).toBe('open 1, closing 1, closed 1, open 2, closing 2, closed 2, open 3');
  const closed = running.close();
  await letGo();
  await closed;
  await running.restart();
  expect(told.slice(7)).toEqual(['closing 3', 'closed 3']);
});

test('who closes during a restart gets no new one', async () => {
  const { told, open, letGo } = opener();
  const running = await Restartable.open(open);
  const restart = running.restart();
  await expect.poll(() => told).toContain('closing 1');
  const closed = running.close();
  await letGo();
  await restart;
  await letGo();
  await closed;
  expect(told).not.toContain('open 2');
});

test('a restart that fails says why, and can be closed', async () => {
  let isFirst = true;
  const running = await Restartable.open(() => {
    if (!isFirst) return Promise.reject(new Error('no port'));
    isFirst = false;
    return Promise.resolve({ close: () => Promise.resolve() });
  });
  await expect(running.restart()).rejects.toThrow('no port');
  await running.close();
});
