import type { FleetEventData } from '../../contract/events.ts';
import type { FleetEvent } from '../../operations/event-bus.ts';

type Named = {
  [Name in keyof FleetEventData]: { name: Name; data: FleetEventData[Name] };
}[keyof FleetEventData];

/** A fleet event as name and data of a server-sent event. */
export function presentFleetEvent(event: FleetEvent): Named {
  if (event.type === 'machine') {
    const { type: name, ...data } = event;
    return { name, data };
  }
  if (event.type === 'target') {
    const { type: name, deploymentId: deployment, ...rest } = event;
    return { name, data: { deployment, ...rest } };
  }
  if (event.type === 'run') {
    const { type: name, runId: run, ...rest } = event;
    return { name, data: { run, ...rest } };
  }
  const { type: name, runId: run, endOffset } = event;
  return { name, data: { run, endOffset } };
}
