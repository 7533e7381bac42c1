import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Child {
  readonly name: string;
  /** The lines of its standard output, each read once. */
  readonly lines: AsyncIterator<string>;
  /** Rejects when it ends without having been stopped. */
  readonly died: Promise<never>;
  /** Asks it to end by ending its standard input, then more firmly. Settles when it is gone. */
  stop(): Promise<void>;
}

interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLog: (text: string) => void;
}

const ASK_MS = 5_000;
const KILL_MS = 5_000;

/** Starts this program again with other arguments: from the sources under tsx as well as built. */
export function startChild({ name, args, env, onLog }: ChildOptions): Child {
  const program = process.argv[1];
  if (program === undefined) throw new Error('the demo does not know its own program');
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', onLog);
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  let isStopping = false;
  const died = (async (): Promise<never> => {
    // Not `exit`: its last words on standard error come first.
    const [code] = await closed;
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`${name} ended by itself (${String(code)})`);
  })();
  died.catch(() => undefined);
  return {
    name,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    died,
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.stdin.end();
      const ask = setTimeout(() => child.kill('SIGTERM'), ASK_MS);
      const kill = setTimeout(() => child.kill('SIGKILL'), ASK_MS + KILL_MS);
      await exited.catch(() => undefined);
      clearTimeout(ask);
      clearTimeout(kill);
    },
  };
}
