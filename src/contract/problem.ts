import { Type, type Static } from 'typebox';

/** Every error answer, as RFC 9457 has it. `docs/errors.md` explains each code. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:fleet98:error: and the code' }),
    title: Type.String({ description: 'What the code means, the same each time' }),
    status: Type.Integer(),
    code: Type.String(),
    fault: Type.Enum(['user', 'machine', 'network', 'engine', 'us'], { description: 'Whose fault it is' }),
    detail: Type.String({ description: 'What happened here, one sentence' }),
    hint: Type.String({ description: 'What to do next' }),
    instance: Type.String({ description: 'Path of the request' }),
  },
  { title: 'Problem' },
);
export type Problem = Static<typeof Problem>;

export const problemMediaType = 'application/problem+json';
const problem = (description: string) => ({
  description,
  content: { [problemMediaType]: { schema: Problem } },
});

/** The error answers that every route may give. */
export const problems = {
  '4xx': problem('The request cannot be done'),
  '5xx': problem('The machine, the network or fleet98 failed'),
};
