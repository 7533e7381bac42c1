import { Type } from 'typebox';

const stream = (mediaType: string, description: string) => ({
  200: { description, content: { [mediaType]: { schema: Type.Unsafe<unknown>({ type: 'string' }) } } },
});

/** Raw bytes, offered as a file. */
export const bytesAnswer = (description: string, mediaType = 'application/octet-stream') =>
  stream(mediaType, description);
/** Server-sent events. */
export const eventsAnswer = (description: string) => stream('text/event-stream', description);
/** One JSON value per line. */
export const linesAnswer = (description: string) => stream('application/jsonl', description);
/** Lines for people or for programs that read figures. */
export const textAnswer = (description: string) => stream('text/plain', description);
