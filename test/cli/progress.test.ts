import { describe, expect, test } from 'vitest';
import { DeployProgress } from '../../src/cli/deploy-progress.ts';
import { TokenPrinter } from '../../src/cli/token-printer.ts';
import type { Deployment, Target } from '../../src/contract/deployments.ts';
import { TextOutput } from './support.ts';

const target = (machine: string, state: Target['state'], more: Partial<Target> = {}): Target => ({
  machine,
  state,
  attempts: 0,
  bytesSent: 0,
  bytesTotal: 1_000_000,
  ...more,
});

const deployment = (...targets: Target[]): Deployment => ({
  id: 1,
  bundle: 'a@1',
  state: 'active',
  requestedBy: 'x',
  createdAt: '2026-11-25T00:00:00.000Z',
  counts: {},
  targets,
});

test('files that were only sized are called unproven', () => {
  const output = new TextOutput();
  new DeployProgress(output).show(deployment(target('p2', 'done', { proof: 'size-only', proven: false })), 0);
  expect(output.text).toBe('p2: done, unproven: only the sizes were compared\n');
});

const up = (lines: number): string => `\u001b[${lines}A\u001b[J`;

const sending = { bytesSent: 450_000, bytesPerSecond: 120_000, etaSeconds: 4.6 };

describe('a deployment', () => {
  test('is told in plain lines: each change once, and how far it is from time to time', () => {
    const output = new TextOutput();
    const progress = new DeployProgress(output);
    const first = deployment(target('p2', 'queued'), target('dx4', 'transferring', sending));
    progress.show(first, 0);
    progress.show(first, 5_000);
    const later = { ...sending, bytesSent: 900_000 };
    progress.show(deployment(target('p2', 'preflight'), target('dx4', 'transferring', later)), 6_000);
    progress.show(deployment(target('p2', 'preflight'), target('dx4', 'transferring', later)), 11_000);
    progress.show(deployment(target('p2', 'failed', { code: 'DISK_FULL', detail: 'no\nroom' })), 12_000);
    expect(output.text.split('\n')).toEqual([
      'p2: queued',
      'dx4: transferring, 45 % of 1.0 MB, 120 KB/s, 5 s left',
      'p2: preflight',
      'dx4: transferring, 90 % of 1.0 MB, 120 KB/s, 5 s left',
      'p2: failed, DISK_FULL: no␊room',
      '',
    ]);
  });

  test('is redrawn on a terminal, over its own lines and no wider than it', () => {
    const output = new TextOutput({ isTTY: true, columns: 60 });
    const progress = new DeployProgress(output);
    progress.show(deployment(target('p2', 'transferring', sending), target('dx4', 'done')), 0);
    const firstDrawing = output.text;
    progress.show(deployment(target('p2', 'done'), target('dx4', 'done')), 1);
    expect(firstDrawing).toContain('p2  [###########.............] transferring, 45 %');
    expect(output.text.slice(firstDrawing.length).startsWith('\u001b[2A\u001b[J')).toBe(true);
    const lines = output.text.replaceAll('\u001b[J', '').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
  });

  test('gives a reason a line of its own on a terminal, and says when the next try is', () => {
    const output = new TextOutput({ isTTY: true, columns: 60 });
    const waiting = { notBefore: '1970-01-01T00:00:12.000Z', code: 'UNREACHABLE', detail: 'no answer' };
    const progress = new DeployProgress(output);
    const shown = deployment(target('p2', 'waiting', waiting), target('dx4', 'placing'));
    progress.show(shown, 2_000);
    expect(output.text).toBe(
      '\u001b[J' +
        'p2  [........................] waiting, next try in 10 s\n' +
        '    UNREACHABLE: no answer\n' +
        'dx4 [########################] placing\n',
    );
    progress.show(shown, 60_000);
    expect(output.text).toContain(`${up(3)}p2  [........................] waiting, next try in 0 s\n`);
  });

  test('of many machines shows those that are under way', () => {
    const output = new TextOutput({ isTTY: true, columns: 80 });
    const done = Array.from({ length: 30 }, (_, at) => target(`done-${at}`, 'done'));
    new DeployProgress(output).show(deployment(...done, target('late', 'placing')), 0);
    expect(output.text).toContain('late');
    expect(output.text).not.toContain('done-1');
    expect(output.text).toContain('30 of 31 ended');
  });
});

describe('the text of runs', () => {
  test('of one comes piece by piece and ends with a line end', () => {
    const output = new TextOutput();
    const printer = new TokenPrinter(output, 1);
    for (const piece of ['Once', ' upon\r', '\n\u001b', ' a']) printer.push('p2', piece);
    expect(output.text).toBe('Once upon\n␛ a');
    printer.end('p2');
    expect(output.text).toBe('Once upon\n␛ a\n');
  });

  test('of several comes in whole lines behind their names', () => {
    const output = new TextOutput();
    const printer = new TokenPrinter(output, 2);
    printer.push('p2', 'Once upon');
    printer.push('dx4', 'A cat\nsat');
    printer.push('p2', ' a time\n');
    printer.end('dx4');
    printer.end('p2');
    expect(output.text).toBe('dx4 | A cat\np2 | Once upon a time\ndx4 | sat\n');
  });

  test('of several is shown before a line ends when it is long', () => {
    const output = new TextOutput({ columns: 40 });
    const printer = new TokenPrinter(output, 2);
    for (let count = 0; count < 12; count += 1) printer.push('p2', 'word ');
    expect(output.text).toBe('p2 | word word word word word word \n');
  });

  test('of several grows below what is finished on a terminal', () => {
    const output = new TextOutput({ isTTY: true, columns: 60 });
    const printer = new TokenPrinter(output, 2);
    printer.push('p2', 'Once');
    printer.push('dx4', 'A');
    printer.interject(() => output.write('news\n'));
    printer.push('dx4', ' cat\n');
    printer.end('p2');

    expect(output.text).toBe(
      [
        'p2 | Once\n',
        `${up(1)}p2 | Once\ndx4 | A\n`,
        `${up(2)}news\np2 | Once\ndx4 | A\n`,
        `${up(2)}dx4 | A cat\np2 | Once\ndx4 | \n`,
        `${up(2)}p2 | Once\np2 | \ndx4 | \n`,
        `${up(2)}dx4 | \n`,
      ].join(''),
    );
  });
});
