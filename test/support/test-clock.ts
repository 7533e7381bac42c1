import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';

/** The system's clock, set forward and back by a test as a person or an NTP server might. */
export class TestClock implements Clock {
  wallOffsetMs = 0;
  monotonicOffsetMs = 0;

  nowMs(): number {
    return systemClock.nowMs() + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.monotonicOffsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}
