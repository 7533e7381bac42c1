import type { TransportName } from '../domain/machine.ts';
import type { Transport } from './transport.ts';

/** Reaches each machine by the transport that it was registered with. */
export const choosingTransport = (transports: Readonly<Record<TransportName, Transport>>): Transport => ({
  open: (target, signal) => transports[target.transport].open(target, signal),
  greet: async (host, port, timeoutMs) => transports.push.greet?.(host, port, timeoutMs),
  async forget(machineId) {
    for (const transport of Object.values(transports)) await transport.forget?.(machineId);
  },
});
