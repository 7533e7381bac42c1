import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FtpTalk } from '../support/ftp-talk.ts';
import { VisitedFleet } from '../support/visited-fleet.ts';
import { byAgent, visitByShell, Visitor } from '../support/visitor.ts';
import { haveClient } from '../support/ftp-clients.ts';
import { waitFor } from '../support/wait-for.ts';

test.runIf(haveClient('curl', 'a machine that comes by itself'))(
  'a first visit in which AGENT.NFO does not get through is no reason to give up',
  async () => {
    await using visited = await VisitedFleet.start();
    const home = await visited.addVisitor('attic');
    const agent = byAgent(home.folder);
    onTestFinished(() => void agent.kill());
    await waitFor('the agent', () => existsSync(join(home.folder, 'AGENT.NFO')));
    const { port, user, password } = home.place;
    await using talk = await FtpTalk.loggedIn(port, user, password);
    const id = await talk.get('RETR ID/MACHINE.ID');
    writeFileSync(join(home.folder, 'MACHINE.ID'), id);
    expect(await talk.put('STOR OUT/MACHINE.ID', id)).toMatch(/^226/);
    expect(await talk.get('NLST IN')).not.toBe('');
    const probing = visited.fleet.operations.probeMachine('attic', { adopt: false });
    for (let words = 0; words < 20; words += 1) await talk.ask('NOOP');
    await using _ = new Visitor(home, { visits: visitByShell('curl'), worker: () => agent });
    expect(await probing).toMatchObject({ state: 'ready', agent: { agent: 'agent98' } });
  },
);
