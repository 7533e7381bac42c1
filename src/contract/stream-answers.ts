import { Type } from 'typebox';

const stream = (mediaType: string, description: string) => ({
  200: { description, content: { [mediaType]: { schema: Type.Unsafe<unknown>({ type: 'string' }) } } },
});

/** Raw bytes, offered as a file. */
export const bytesAnswer = (description: string) => stream('application/octet-stream', description);
/** Server-sent events. */
export const eventsAnswer = (description: string) => stream('text/event-stream', description);
/** One JSON value per line. */
export const linesAnswer = (description: string) => stream('application/jsonl', description);
