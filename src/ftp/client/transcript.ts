const keptLines = 20;
const maxLineChars = 500;
const shortestSecret = 3;

/**
 * The last control lines of a session, for a person who asks why. Everything that leaves it is safe to show: passwords
 * are masked (also where a server repeats one), control bytes are written as `\xNN`, lines are cut.
 */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.filter((secret) => secret.length >= shortestSecret);
  }

  sent(line: string): void {
    this.#add(`> ${this.clean(line.replace(/^(PASS|ACCT)\b.*$/is, '$1 ***'))}`);
  }

  received(line: string): void {
    this.#add(`< ${this.clean(line)}`);
  }

  /** Oldest first, each with `> ` or `< ` before it. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  /** The codes that came in after the last line sent that begins with one of these verbs; none if there is none. */
  codesSince(verbs: readonly string[]): readonly number[] {
    const start = this.#lines.findLastIndex((line) => verbs.some((verb) => line.startsWith(`> ${verb} `)));
    if (start < 0) return [];
    return this.#lines.slice(start).flatMap((line) => {
      const code = /^< (\d{3})(?:[ -]|$)/.exec(line)?.[1];
      return code === undefined ? [] : [Number(code)];
    });
  }

  /** Any text of the server made fit for an error or a log. */
  clean(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, '***');
    const cut = masked.length > maxLineChars ? `${masked.slice(0, maxLineChars - 1)}…` : masked;
    return escapeControls(cut).slice(0, maxLineChars);
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }
}

/** C0, DEL and C1 bytes as `\xNN`; a terminal or a log must never obey a machine. */
export function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control bytes are what this is about
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
