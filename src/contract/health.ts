import { Type, type Static } from 'typebox';
import { Time } from './fields.ts';

export const Health = Type.Object({
  status: Type.Enum(['ok', 'unavailable']),
  startedAt: Time,
  code: Type.Optional(Type.String({ description: 'Why it is unavailable, as in docs/errors.md' })),
  detail: Type.Optional(Type.String()),
});
export type Health = Static<typeof Health>;
