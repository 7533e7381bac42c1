import { Type, type Static } from 'typebox';

export const Restoring = Type.Object({
  restarting: Type.Boolean({ description: 'The daemon starts anew with the state of the backup' }),
});
export type Restoring = Static<typeof Restoring>;
