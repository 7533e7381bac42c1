import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transcript } from '../../../src/ftp/client/transcript.ts';

describe('the transcript', () => {
  it('keeps the last 20 lines', () => {
    const transcript = new Transcript([]);
    for (let n = 1; n <= 30; n += 1) transcript.received(`200 ${n}`);
    expect(transcript.lines).toHaveLength(20);
    expect(transcript.lines[0]).toBe('< 200 11');
    expect(transcript.lines.at(-1)).toBe('< 200 30');
  });

  it('masks what is sent with PASS and ACCT, and a password that a server repeats', () => {
    const transcript = new Transcript(['hunter22']);
    transcript.sent('USER bob');
    transcript.sent('PASS hunter22');
    transcript.sent('pass x');
    transcript.sent('ACCT abc');
    transcript.received('530 "hunter22" is wrong');
    expect(transcript.lines).toEqual([
      '> USER bob',
      '> PASS ***',
      '> pass ***',
      '> ACCT ***',
      '< 530 "***" is wrong',
    ]);
    expect(transcript.clean('no hunter22 here')).toBe('no *** here');
  });

  it('escapes control bytes and cuts long lines', () => {
    const transcript = new Transcript([]);
    transcript.received(`220 \x1b[31m\x07${'x'.repeat(2000)}`);
    expect(transcript.lines[0]).toMatch(/^< 220 \\x1b\[31m\\x07x+/);
    expect(transcript.lines[0]?.length).toBeLessThanOrEqual(502);
  });

  it('never shows a control byte or a secret, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), fc.nat(700), (text, at) => {
        const transcript = new Transcript(['geheim']);
        transcript.received(`${text.slice(0, at)}geheim${text.slice(at)}`);
        const shown = transcript.lines.join('');
        expect(shown).not.toContain('geheim');
        // oxlint-disable-next-line no-control-regex -- this is what must not be there
        expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });

  it('finds the codes since a command', () => {
    const transcript = new Transcript([]);
    transcript.received('552 from before');
    transcript.sent('STOR /A');
    transcript.received('150 go');
    transcript.received('452-No');
    expect(transcript.codesSince(['STOR', 'APPE'])).toEqual([150, 452]);
    expect(transcript.codesSince(['RETR'])).toEqual([]);
  });
});
