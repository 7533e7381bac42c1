import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../contract/deployments.ts';
import type { Client } from './client.ts';
import { Patience } from './patience.ts';

const LOOK_EVERY_MS = 300;

/** Looks at a deployment until it has ended; a daemon that is away for a while is waited for. */
export async function watchDeployment(
  client: Client,
  started: Deployment,
  show: (deployment: Deployment) => void,
): Promise<Deployment> {
  let deployment = started;
  const patience = new Patience(client.url);
  for (;;) {
    show(deployment);
    if (deployment.state !== 'queued' && deployment.state !== 'active') return deployment;
    await sleep(LOOK_EVERY_MS, undefined, client.signal ? { signal: client.signal } : {});
    try {
      deployment = await client.call('showDeployment', { params: { id: started.id } });
      patience.heard();
    } catch (error) {
      patience.bear(error);
    }
  }
}
