import { ViewRefusal } from './view.ts';
import type { RefusalReason } from './view.ts';

export interface Reply {
  readonly code: number;
  /** One line, or several: old clients like one. */
  readonly text: string | readonly string[];
}

export const reply = (code: number, text: string | readonly string[]): Reply => ({ code, text });

/** The lines of a reply. Between the first and the last each begins with a blank, so that none looks like the last. */
export function replyLines({ code, text }: Reply): readonly string[] {
  if (typeof text === 'string') return [`${code} ${text}`];
  return text.map((line, index) => {
    if (index === text.length - 1) return `${code} ${line}`;
    return index === 0 ? `${code}-${line}` : ` ${line}`;
  });
}

const refusals: Readonly<Record<RefusalReason, Reply>> = {
  missing: reply(550, 'No such file or folder.'),
  exists: reply(550, 'That name is taken.'),
  'read-only': reply(550, 'Nothing can be changed here.'),
  'not-a-file': reply(550, 'That is no file.'),
  'not-a-folder': reply(550, 'That is no folder.'),
  'not-empty': reply(550, 'That folder is not empty.'),
  'bad-name': reply(553, 'No file can have that name here.'),
  'bad-offset': reply(554, 'There are not so many bytes to go on from.'),
  quota: reply(552, 'There is no more room for this login.'),
  'disk-full': reply(452, 'The disk is full.'),
  busy: reply(450, 'Another session has that file; try again.'),
};

/** What to tell of something that was thrown; undefined when it is no expected refusal. */
export const refusalReply = (thrown: unknown): Reply | undefined =>
  thrown instanceof ViewRefusal ? refusals[thrown.reason] : undefined;
