import { describe } from 'vitest';
import { kitOf, type AgentKit, type StartAgent } from './agent-kit.ts';
import { argumentContract } from './argument-contract.ts';
import { claimContract } from './claim-contract.ts';
import { crashContract } from './crash-contract.ts';
import { engineContract } from './engine-contract.ts';
import { fileContract } from './file-contract.ts';
import { fixtureContract } from './fixture-contract.ts';
import { killContract } from './kill-contract.ts';
import { limitContract } from './limit-contract.ts';
import { removeContract } from './remove-contract.ts';
import { restartContract } from './restart-contract.ts';
import { runContract } from './run-contract.ts';
import { startContract } from './start-contract.ts';

/** All that docs/agent-protocol.md asks of an agent. */
export function agentContract(name: string, agent: StartAgent | AgentKit): void {
  const kit = kitOf(agent);
  describe(`the agent ${name}`, () => {
    describe('starts', () => startContract(kit));
    describe('reads the example jobs', () => fixtureContract(kit));
    describe('claims', () => claimContract(kit));
    describe('runs a program', () => runContract(kit));
    describe('hands arguments on', () => argumentContract(kit));
    describe('bears a program that', () => engineContract(kit));
    describe('keeps a run in its limits', () => limitContract(kit));
    describe('places and verifies', () => fileContract(kit));
    describe('removes', () => removeContract(kit));
    describe('kills and answers probes', () => killContract(kit));
    describe('settles what was left behind', () => restartContract(kit));
    describe('goes on where another died', () => crashContract(kit));
  });
}
