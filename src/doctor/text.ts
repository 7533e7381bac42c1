import type { ArtifactKind, Facts } from '../domain/artifact.ts';

const batchPattern = /^(?:@(?:echo|rem|if|set|setlocal|call|cls|prompt|goto)\b|echo off\b|rem\b|::)/i;

/**
 * Whether the bytes are text (no control bytes but those of texts), and what kind of text: a script by its first line,
 * a BinHex archive, or just text. Only what is in `head` counts; undefined when it is no text.
 */
export function inspectText(head: Uint8Array): { kind: ArtifactKind; facts: Facts } | undefined {
  if (head.length === 0 || !head.every(isTextByte)) return undefined;
  const text = new TextDecoder('latin1').decode(head);
  const lines = { lineEnds: lineEnds(text) };
  const firstLine = text.slice(0, 256).split(/\r?\n/, 1)[0] ?? '';
  if (text.startsWith('(This file must be converted with BinHex')) {
    return { kind: 'archive', facts: { format: 'binhex' } };
  }
  if (firstLine.startsWith('#!')) {
    return { kind: 'script', facts: { format: 'script', interpreter: interpreter(firstLine), ...lines } };
  }
  if (batchPattern.test(firstLine)) return { kind: 'script', facts: { format: 'batch', ...lines } };
  return { kind: 'text', facts: { encoding: encoding(head), ...lines } };
}

// Tab, line feed, form feed, carriage return, the end mark of DOS texts, escape; and all bytes of code pages.
function isTextByte(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : [0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b].includes(byte);
}

function interpreter(firstLine: string): string {
  return firstLine
    .slice(2, 130)
    .trim()
    .replace(/[^ -~]/g, '?');
}

function lineEnds(text: string): string {
  const all = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  if (all === 0) return 'none';
  if (crlf === 0) return 'lf';
  return crlf === all ? 'crlf' : 'mixed';
}

function encoding(head: Uint8Array): string {
  if (head.every((byte) => byte < 0x80)) return 'ascii';
  try {
    // A stream: the head may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return 'utf-8';
  } catch {
    return 'code page';
  }
}
