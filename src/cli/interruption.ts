/**
 * Does `work` until it ends, or until the person presses Ctrl-C: then `signal` is aborted and the answer undefined. A
 * second Ctrl-C kills the process as usual.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const gate = new AbortController();
  const onInterrupt = (): void => gate.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await work(gate.signal);
  } catch (error) {
    if (gate.signal.aborted) return undefined;
    throw error;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
