import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSpoolFile, parseSpoolLog } from '../../support/spool-folder.ts';
import { fixtureCases, fixturePath } from './fixtures.ts';

const read = (file: string): Buffer => readFileSync(fixturePath(file));

describe('the examples of fixtures/agent', () => {
  test.each(['jobs', 'ends', 'logs', 'infos'] as const)('cases.json names each file of %s once', (kind) => {
    const named = fixtureCases(kind).map(({ file }) => file);
    expect(named.toSorted()).toEqual(
      readdirSync(fixturePath(kind))
        .map((name) => `${kind}/${name}`)
        .toSorted(),
    );
  });

  test.each([...fixtureCases('ends'), ...fixtureCases('infos')])('$file is $expect: $because', (one) => {
    const parsed = parseSpoolFile(read(one.file));
    expect(parsed.state).toBe(one.expect);
    if (parsed.state !== 'whole') return;
    for (const [key, value] of Object.entries(one.says ?? {})) {
      expect(parsed.entries.get(key), key).toEqual([value].flat());
    }
  });

  test.each(fixtureCases('logs'))('$file is $expect: $because', ({ file, expect: state, records }) => {
    const parsed = parseSpoolLog(read(file));
    expect(parsed.state).toBe(state);
    const found = parsed.records.map(({ ms, stream, bytes }) => ({
      ms,
      stream,
      base64: bytes.toString('base64'),
    }));
    expect(found).toEqual(records);
  });

  test.each(fixtureCases('jobs').filter(({ expect: wanted }) => wanted === 'understood'))(
    '$file is whole',
    ({ file }) => {
      expect(parseSpoolFile(read(file)).state).toBe('whole');
    },
  );
});
