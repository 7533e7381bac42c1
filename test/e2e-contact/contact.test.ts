import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, onTestFailed, onTestFinished, test } from 'vitest';
import { EmulatedPc } from '../e2e-pc/support/emulated-pc.ts';
import { isPcThere } from '../e2e-pc/support/is-pc-there.ts';
import { codeIn, serveLan } from '../support/lan-desk.ts';
import { waitFor } from '../support/wait-for.ts';

/** This host as the emulated PC reaches it. */
const host = '10.0.2.2';
const PATIENCE_MS = 300_000;
const TEN_MINUTES_MS = 600_000;

/** Counts what people type, on the machine and at the desk. */
class Steps {
  readonly typed: string[] = [];
  readonly #startMs = performance.now();

  note(line: string): string {
    this.typed.push(`${this.seconds} s: ${line}`);
    return line;
  }

  get seconds(): string {
    return (this.#ms / 1000).toFixed(1);
  }

  get #ms(): number {
    return performance.now() - this.#startMs;
  }

  get isWithinTenMinutes(): boolean {
    return this.#ms < TEN_MINUTES_MS;
  }
}

test.runIf(isPcThere())(
  'a Pentium II with an empty disk tells its first story, by what the page says',
  async () => {
    const folder = mkdtempSync(join(inject('evidenceFolder'), 'contact-'));
    const pc = new EmulatedPc(join(folder, 'pc'), { fileSystem: 'vfat', writeBehindSeconds: 2 });
    onTestFinished(() => pc.stop());
    onTestFailed(() => {
      process.stderr.write(`${pc.tailOfConsole()}\n`);
    });
    const { httpPort, desk } = await serveLan(join(folder, 'data'), { FLEET98_DEPOT_EVERY_SECONDS: '10' });
    await pc.powerOn();
    const screen = (): string => pc.consoleSince(0).replaceAll('\r', '');
    // The disk is where this person is at home.
    pc.type('export HOME=/disk; cd');
    const steps = new Steps();
    const type = (line: string): void => pc.type(steps.note(line));

    // What `serve --lan` prints: the address of the door.
    type(`wget -q -O - http://${host}:${httpPort}/README.TXT`);
    const wget = await waitFor(
      'the page',
      () => /^ +(wget \S+LINUX-I386\S+)$/m.exec(screen())?.[1],
      PATIENCE_MS,
    );
    const [, then = ''] = /LINUX-I386\/JOIN\.SH\n +(.+)/.exec(screen()) ?? [];
    type(wget);
    type(then);
    const code = await waitFor('the code on its screen', () => codeIn(screen()), PATIENCE_MS);
    const [, approve = ''] = /^ +fleet98 (machine approve NAME --code \d{4})$/m.exec(screen()) ?? [];
    expect(approve).toContain(code);
    const atDesk = (line: string): Promise<string> => {
      steps.note(`fleet98 ${line}`);
      return desk(...line.split(' '));
    };
    expect(await atDesk(approve.replace('NAME', 'attic'))).toMatch(/Pentium II|family 6/);
    const story = await atDesk('run starter attic -t 0 -n 60');
    expect(story).toMatch(/there was a little robot named Bolt/);
    expect(story).toMatch(/tok\/s/);
    expect(story).not.toContain('simulated');

    process.stdout.write(
      `${steps.typed.length} lines typed, ${steps.seconds} s from an empty disk to the story:\n`,
    );
    process.stdout.write(`${steps.typed.map((line) => `  ${line}`).join('\n')}\n${story}\n`);
    expect(steps.isWithinTenMinutes).toBe(true);
  },
);
