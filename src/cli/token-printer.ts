import type { Output } from './io.ts';
import { visibleLine, VisibleStream } from './visible.ts';

const DEFAULT_COLUMNS = 100;
const MIN_TEXT_COLUMNS = 20;
const escape = '\u001b';

/** Where to break a text that is longer than a line: behind its last space, if it has one; 0 when it is not. */
function wrapAt(text: string, width: number): number {
  if (text.length <= width) return 0;
  const space = text.lastIndexOf(' ', width - 1);
  return space > 0 ? space + 1 : width;
}

/** The text of one run. */
class OneText {
  readonly #output: Output;
  #atLineStart = true;

  constructor(output: Output) {
    this.#output = output;
  }

  add(_machine: string, text: string): void {
    if (text === '') return;
    this.#atLineStart = text.endsWith('\n');
    this.#output.write(text);
  }

  /** What comes next starts on a line of its own. */
  close(): void {
    if (!this.#atLineStart) this.#output.write('\n');
    this.#atLineStart = true;
  }

  interject(write: () => void): void {
    this.close();
    write();
  }
}

/** The texts of several runs: lines behind the machine's name; on a terminal those under way stand below and grow. */
class ManyTexts {
  readonly #output: Output;
  readonly #unfinished = new Map<string, string>();
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  add(machine: string, text: string): void {
    if (text === '') return;
    const prefix = `${visibleLine(machine)} | `;
    const columns = this.#output.columns ?? DEFAULT_COLUMNS;
    const width = Math.max(MIN_TEXT_COLUMNS, columns - prefix.length - 1);
    const lines = ((this.#unfinished.get(machine) ?? '') + text).split('\n');
    let rest = lines.pop() ?? '';
    // A model may write for minutes without a line end: what fills a line is shown.
    for (let cut = wrapAt(rest, width); cut > 0; cut = wrapAt(rest, width)) {
      lines.push(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    this.#unfinished.set(machine, rest);
    this.#redraw(lines.map((line) => `${prefix}${line}\n`).join(''));
  }

  close(machine: string): void {
    if (this.#unfinished.get(machine)) this.add(machine, '\n');
    this.#unfinished.delete(machine);
    this.#redraw('');
  }

  interject(write: () => void): void {
    this.#erase();
    write();
    this.#redraw('');
  }

  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`${escape}[${this.#drawn}A${escape}[J`);
    this.#drawn = 0;
  }

  #redraw(finished: string): void {
    this.#erase();
    if (finished !== '') this.#output.write(finished);
    if (!this.#output.isTTY) return;
    for (const [machine, text] of this.#unfinished) this.#output.write(`${visibleLine(machine)} | ${text}\n`);
    this.#drawn = this.#unfinished.size;
  }
}

/** Shows the text of runs as it comes, harmless on a terminal. */
export class TokenPrinter {
  readonly #texts: OneText | ManyTexts;
  readonly #clean = new Map<string, VisibleStream>();

  constructor(output: Output, machines: number) {
    this.#texts = machines <= 1 ? new OneText(output) : new ManyTexts(output);
  }

  push(machine: string, piece: string): void {
    const clean = this.#clean.get(machine) ?? new VisibleStream();
    this.#clean.set(machine, clean);
    this.#texts.add(machine, clean.push(piece));
  }

  /** The run has ended: what was held back is shown. */
  end(machine: string): void {
    this.#texts.add(machine, this.#clean.get(machine)?.end() ?? '');
    this.#texts.close(machine);
  }

  /** Writes something else to the same terminal, between the lines. */
  interject(write: () => void): void {
    this.#texts.interject(write);
  }
}
