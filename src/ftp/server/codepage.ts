import { isWellFormed } from './well-formed.ts';

/** Names as the bytes that a machine's screen shows them by. */
export interface Codepage {
  /** Undefined when these bytes are no text in it. */
  decode(bytes: Uint8Array): string | undefined;
  /** Undefined when it lacks a character. */
  encode(text: string): Buffer | undefined;
}

/** The upper halves of the pages that DOS has and browsers have not. */
const dosPages: Readonly<Record<string, string>> = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
    '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐' +
    '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
  cp852:
    'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐' +
    '└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0',
};

/** Pages of one byte per character, by the names that Node's TextDecoder knows them by. */
const webPages = [
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'ibm866',
  'macintosh',
] as const;

export type CodepageName = 'ascii' | 'utf-8' | 'cp437' | 'cp850' | 'cp852' | (typeof webPages)[number];

const utf8: Codepage = {
  decode(bytes) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return undefined;
    }
  },
  encode: (text) => (isWellFormed(text) ? Buffer.from(text, 'utf8') : undefined),
};

const firstHigh = 0x80;

class OneByteCodepage implements Codepage {
  readonly #high: readonly string[];
  readonly #bytes: ReadonlyMap<string, number>;

  constructor(high: string) {
    this.#high = Array.from(high);
    this.#bytes = new Map(this.#high.map((char, index) => [char, firstHigh + index]));
  }

  decode(bytes: Uint8Array): string | undefined {
    let text = '';
    for (const byte of bytes) {
      const char = byte < firstHigh ? String.fromCharCode(byte) : this.#high[byte - firstHigh];
      if (char === undefined) return undefined;
      text += char;
    }
    return text;
  }

  encode(text: string): Buffer | undefined {
    const bytes: number[] = [];
    // What one system writes as two signs (e and its accent) another has as one.
    for (const char of text.normalize('NFC')) {
      const code = char.codePointAt(0) ?? 0;
      const byte = code < firstHigh ? code : this.#bytes.get(char);
      if (byte === undefined) return undefined;
      bytes.push(byte);
    }
    return Buffer.from(bytes);
  }
}

const question = Buffer.from('?');

/** The text with `?` for what the page lacks. */
export const encodeShown = (page: Codepage, text: string): Buffer =>
  page.encode(text) ?? Buffer.concat(Array.from(text, (char) => page.encode(char) ?? question));

const made = new Map<CodepageName, Codepage>();

export function codepage(name: CodepageName): Codepage {
  const known = made.get(name);
  if (known !== undefined) return known;
  const page = make(name);
  made.set(name, page);
  return page;
}

function make(name: CodepageName): Codepage {
  if (name === 'utf-8') return utf8;
  if (name === 'ascii') return new OneByteCodepage('');
  const dos = dosPages[name];
  if (dos !== undefined) return new OneByteCodepage(dos);
  const bytes = Uint8Array.from({ length: 128 }, (_, index) => firstHigh + index);
  return new OneByteCodepage(new TextDecoder(name).decode(bytes));
}
