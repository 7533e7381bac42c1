import { randomInt } from 'node:crypto';

const firstPort = 20_000;
// From here on systems give out ports by themselves.
const endPort = 32_768;
const attempts = 100;

/**
 * Listens on a free port that the system does not give to anybody else by itself, so that a PC whose power was cut
 * finds its port free again.
 */
export async function listenOnOwnPort<T>(listen: (port: number) => Promise<T>): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await listen(randomInt(firstPort, endPort));
    } catch (error) {
      if (!isInUse(error) || left === 1) throw error;
    }
  }
}

const isInUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
