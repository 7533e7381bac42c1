/** One measured number. `key` is its name in the JSON, `want` what the design asks for. */
export interface Figure {
  readonly key: string;
  readonly label: string;
  /** Undefined: this host cannot measure it. */
  readonly value: number | undefined;
  readonly unit: string;
  readonly want?: { readonly atMost: number } | { readonly atLeast: number };
}

/** Prints the figures: a table for people, or with `--json` one JSON object and nothing else. */
export function printReport(title: string, figures: readonly Figure[], notes: readonly string[]): void {
  process.stdout.write(process.argv.includes('--json') ? asJson(figures) : asTable(title, figures, notes));
}

/** What a bench is doing, for whoever waits; standard output is for the report. */
export function say(words: string): void {
  process.stderr.write(`${words}\n`);
}

function asJson(figures: readonly Figure[]): string {
  return `${JSON.stringify(Object.fromEntries(figures.map(({ key, value }) => [key, value ?? null])))}\n`;
}

function asTable(title: string, figures: readonly Figure[], notes: readonly string[]): string {
  const rows = figures.map((figure) => [
    figure.label,
    figure.value === undefined ? '-' : `${rounded(figure.value)} ${figure.unit}`.trim(),
    wanted(figure),
    verdict(figure),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${[title, '', ...lines, '', ...notes].join('\n').replaceAll(/ +$/gm, '').trimEnd()}\n`;
}

function wanted({ want, unit }: Figure): string {
  if (want === undefined) return '';
  return `${'atMost' in want ? `<= ${want.atMost}` : `>= ${want.atLeast}`} ${unit}`.trim();
}

function verdict({ value, want }: Figure): string {
  if (want === undefined || value === undefined) return '';
  const met = 'atMost' in want ? value <= want.atMost : value >= want.atLeast;
  return met ? 'met' : 'MISSED';
}

const rounded = (value: number): string => String(Number(value.toPrecision(value >= 1000 ? 6 : 3)));
