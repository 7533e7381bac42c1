import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { randomHex } from '../lib/random-id.ts';

const PASSWORD_LENGTH = 12;
/** Without those that look like others on a screen of the time. */
const passwordSigns = 'abcdefghjkmnpqrstuvwxyz23456789';

/** An FTP user for a machine that comes by itself; short, because somebody may have to type it. */
export const newLogin = (): string => `m-${randomHex(3).toLowerCase()}`;

export const newPassword = (): string =>
  Array.from({ length: PASSWORD_LENGTH }, () => passwordSigns[randomInt(passwordSigns.length)]).join('');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes as long whatever is wrong. */
export const isSamePassword = (said: string, expected: string): boolean =>
  timingSafeEqual(digest(said), digest(expected));
