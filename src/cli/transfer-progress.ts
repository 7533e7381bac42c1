import { bar, duration, size } from './format.ts';
import type { Output } from './io.ts';
import { visibleLine } from './visible.ts';

const DRAW_EVERY_MS = 250;
const PLAIN_EVERY_MS = 10_000;

export interface Transfer {
  readonly name: string;
  /** Undefined when nobody knows. */
  readonly totalBytes?: number;
}

/** How a transfer stands, in one line. */
export function describeTransfer({ name, totalBytes }: Transfer, bytes: number, seconds: number): string {
  const perSecond = seconds > 0 ? bytes / seconds : 0;
  const rate = perSecond > 0 ? `, ${size(perSecond)}/s` : '';
  if (totalBytes === undefined) return visibleLine(`${name} ${size(bytes)}${rate}`);
  const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
  const left = perSecond > 0 ? `, ${duration((totalBytes - bytes) / perSecond)} left` : '';
  const percent = Math.floor(100 * share);
  return visibleLine(`${name} ${bar(share)} ${percent} % of ${size(totalBytes)}${rate}${left}`);
}

/**
 * Shows how far a transfer is: on a terminal a line that is redrawn and is gone at the end, elsewhere a line now and
 * then. What is over at once shows nothing.
 */
class TransferProgress {
  readonly #output: Output;
  readonly #transfer: Transfer;
  readonly #startedMs = performance.now();
  #shownMs = this.#startedMs;
  #bytes = 0;
  #isDrawn = false;
  #isOver = false;

  constructor(output: Output, transfer: Transfer) {
    this.#output = output;
    this.#transfer = transfer;
  }

  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      yield piece;
      this.#bytes += piece.length;
      this.#show();
    }
  }

  end(): void {
    this.#isOver = true;
    this.#erase();
  }

  #show(): void {
    const nowMs = performance.now();
    const { isTTY, columns = 80 } = this.#output;
    if (this.#isOver || nowMs - this.#shownMs < (isTTY ? DRAW_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#shownMs = nowMs;
    const text = describeTransfer(this.#transfer, this.#bytes, (nowMs - this.#startedMs) / 1000);
    this.#erase();
    this.#output.write(`${isTTY ? text.slice(0, columns - 1) : text}\n`);
    this.#isDrawn = isTTY === true;
  }

  #erase(): void {
    if (this.#isDrawn) this.#output.write('\u001b[1A\u001b[J');
    this.#isDrawn = false;
  }
}

/** Does `work` with the bytes of `source` and shows meanwhile how far they are. Nothing of it is left when it settles. */
export async function showTransfer<T>(
  output: Output,
  transfer: Transfer,
  source: AsyncIterable<Uint8Array>,
  work: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const progress = new TransferProgress(output, transfer);
  try {
    return await work(progress.pass(source));
  } finally {
    progress.end();
  }
}
