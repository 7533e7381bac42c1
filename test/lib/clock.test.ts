import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

describe('the system’s clock', () => {
  test('tells the time', () => {
    expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(60_000);
    expect(Number.isInteger(systemClock.nowMs())).toBe(true);
    const before = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  test('sleeps, also for longer than one timer lasts', async () => {
    vi.useFakeTimers();
    try {
      const woken: number[] = [];
      const month = 31 * 24 * 3600 * 1000;
      for (const ms of [-5, 0, 10, month]) void systemClock.sleep(ms).then(() => woken.push(ms));
      await vi.advanceTimersByTimeAsync(1);
      expect(woken).toEqual([-5, 0]);
      await vi.advanceTimersByTimeAsync(10);
      expect(woken).toEqual([-5, 0, 10]);
      await vi.advanceTimersByTimeAsync(month - 100);
      expect(woken).toHaveLength(3);
      await vi.advanceTimersByTimeAsync(100);
      expect(woken).toHaveLength(4);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is woken by a signal, with its reason', async () => {
    const reason = new Error('enough');
    await expect(systemClock.sleep(1e9, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleeping = systemClock.sleep(1e9, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  test('leaves nothing hanging on a signal that never comes', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await systemClock.sleep(1, signal);
    expect(remove).toHaveBeenCalledOnce();
  });
});
