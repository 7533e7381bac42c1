import { Type, type Static } from 'typebox';
import { strict } from './fields.ts';

/** A program that comes with the daemon, ready for old machines. */
export const ReadyProgram = Type.Object(
  {
    platform: Type.String({ description: 'Its folder: a platform, with the processor where that matters' }),
    file: Type.String(),
    sizeBytes: Type.Integer(),
    sha256: Type.String(),
    version: Type.Optional(Type.String()),
    build: Type.Optional(
      Type.String({ description: 'A mark of the sources; the agent’s is in AGENT.NFO too' }),
    ),
    toolchain: Type.Optional(Type.String({ description: 'What built it' })),
    imports: Type.Optional(
      Type.Array(Type.String(), { description: 'What a Windows program asks of the system' }),
    ),
  },
  { title: 'ReadyProgram' },
);
export type ReadyProgram = Static<typeof ReadyProgram>;

export const ReadyPrograms = Type.Object({ items: Type.Array(ReadyProgram) });
export type ReadyPrograms = Static<typeof ReadyPrograms>;

export const ByProgram = strict({
  platform: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$', description: 'a platform such as win9x' }),
  file: Type.String({
    pattern: '^[A-Z0-9_-]{1,8}(\\.[A-Z0-9_-]{1,3})?$',
    description: 'a name such as AGENT.EXE',
  }),
});
