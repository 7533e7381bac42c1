import { describe } from 'vitest';
import type { StartAgent } from './agent-bench.ts';
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
export function agentContract(name: string, startAgent: StartAgent): void {
  describe(`the agent ${name}`, () => {
    describe('starts', () => startContract(startAgent));
    describe('reads the example jobs', () => fixtureContract(startAgent));
    describe('claims', () => claimContract(startAgent));
    describe('runs a program', () => runContract(startAgent));
    describe('hands arguments on', () => argumentContract(startAgent));
    describe('bears a program that', () => engineContract(startAgent));
    describe('keeps a run in its limits', () => limitContract(startAgent));
    describe('places and verifies', () => fileContract(startAgent));
    describe('removes', () => removeContract(startAgent));
    describe('kills and answers probes', () => killContract(startAgent));
    describe('settles what was left behind', () => restartContract(startAgent));
    describe('goes on where another died', () => crashContract(startAgent));
  });
}
