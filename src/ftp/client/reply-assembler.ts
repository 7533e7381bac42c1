import { maxReplyChars } from './line-assembler.ts';

export type AssembledLine =
  /** `reply` is one whole answer in a form that basic-ftp reads; its lines are joined by LF. */
  | { readonly kind: 'reply'; readonly reply: string }
  | { readonly kind: 'inside' }
  | { readonly kind: 'junk' }
  | { readonly kind: 'overflow' };

/**
 * Lines of a control connection to whole answers. Strict first: `DDD-` opens a block that only `DDD ` of the same code
 * closes, whatever codes stand in between. `rescue` is for blocks that a server never closes that way.
 */
export class ReplyAssembler {
  #open: { readonly code: string; readonly lines: string[]; chars: number } | undefined;

  push(line: string): AssembledLine {
    const block = this.#open;
    if (block !== undefined) return this.#continue(block, line);
    if (/^\d{3}(?: |$)/.test(line)) return { kind: 'reply', reply: line };
    if (!/^\d{3}-/.test(line)) return { kind: 'junk' };
    this.#open = { code: line.slice(0, 3), lines: [line], chars: line.length };
    return { kind: 'inside' };
  }

  get isInBlock(): boolean {
    return this.#open !== undefined;
  }

  /** Call after a long silence: a last line `DDD text` of another code then counts as the end of the block. */
  rescue(): string | undefined {
    const last = this.#open?.lines.at(-1);
    if (last === undefined || !/^\d{3}(?: |$)/.test(last)) return undefined;
    this.#open = undefined;
    return last;
  }

  #continue(block: { code: string; lines: string[]; chars: number }, line: string): AssembledLine {
    block.chars += line.length + 1;
    if (block.chars > maxReplyChars) {
      this.#open = undefined;
      return { kind: 'overflow' };
    }
    block.lines.push(line);
    if (line !== block.code && !line.startsWith(`${block.code} `)) return { kind: 'inside' };
    this.#open = undefined;
    return { kind: 'reply', reply: block.lines.join('\n') };
  }
}
