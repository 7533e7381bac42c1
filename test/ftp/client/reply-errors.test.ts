import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../../src/domain/errors.ts';
import { bannerRefusalCode, loginRefusalCode, refusalCode } from '../../../src/ftp/client/reply-errors.ts';
import type { FtpReply } from '../../../src/ftp/client/reply.ts';

const reply = (text: string): FtpReply => ({ code: Number(text.slice(0, 3)), text });

const rows = readFileSync(new URL('../../../fixtures/ftp/replies.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [verb = '', answer = '', code = '', source = ''] = line.split('\t');
    return { verb, answer: answer.replaceAll(String.raw`\n`, '\n'), code, source };
  });

describe('what a refusal means', () => {
  it.each(rows)('$verb: "$answer" is $code ($source)', ({ verb, answer, code }) => {
    expect(refusalCode(verb, reply(answer))).toBe(code);
  });

  it('has a table that is not empty', () => {
    expect(rows.length).toBeGreaterThan(40);
  });

  it('gives a code of the table for any answer', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('STOR', 'APPE', 'RETR', 'SIZE', 'DELE', 'RNFR', 'RNTO', 'MKD', 'CWD', 'REST', 'TYPE'),
        fc.integer({ min: 100, max: 999 }),
        fc.string({ maxLength: 300 }),
        (verb, code, words) => {
          expect(errorTable).toHaveProperty(refusalCode(verb, { code, text: `${code} ${words}` }));
        },
      ),
    );
  });
});

describe('what a refused login means', () => {
  it.each([
    ['PASS', '530 Login incorrect.', 'LOGIN_REFUSED'],
    ['PASS', '530 User cannot log in.', 'LOGIN_REFUSED'],
    [
      'PASS',
      '530 Sorry, the maximum number of clients (3) from your host are already connected.',
      'SERVER_BUSY',
    ],
    ['USER', '530 Too many connections', 'SERVER_BUSY'],
    ['USER', '421 Too many users', 'SERVER_BUSY'],
    ['USER', '421 Service not available', 'SERVER_BUSY'],
    ['USER', '502 5.5.2 Error: command not recognized', 'NOT_FTP'],
    ['ACCT', '532 Need account', 'LOGIN_REFUSED'],
    ['PASS', '331 Password required', 'FTP_UNEXPECTED'],
  ])('%s: "%s" is %s', (verb, answer, code) => {
    expect(loginRefusalCode(verb, reply(answer))).toBe(code);
  });

  it.each([
    ['421 Too many users', 'SERVER_BUSY'],
    ['530 Too many connections from your address', 'SERVER_BUSY'],
    ['500 OOPS: vsftpd: refusing to run with writable root', 'FTP_UNEXPECTED'],
  ])('the greeting "%s" is %s', (answer, code) => {
    expect(bannerRefusalCode(reply(answer))).toBe(code);
  });
});
