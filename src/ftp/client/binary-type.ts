import type { ControlChannel } from './control-channel.ts';
import { isDone } from './reply.ts';

/** What a server answers that has no TYPE because it knows only bytes. */
const notImplemented: readonly number[] = [500, 502, 504];

/** TYPE I, before every transfer: some servers fall back to text after each one, and text mode destroys programs. */
export async function sendBinaryType(control: ControlChannel): Promise<void> {
  const reply = await control.command('TYPE I');
  if (!isDone(reply) && !notImplemented.includes(reply.code)) throw control.refusal('TYPE', reply, 'I');
}
