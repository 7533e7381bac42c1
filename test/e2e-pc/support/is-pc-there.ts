import { inject } from 'vitest';
import { notTested } from '../../contract/agent/build-agent.ts';

/** Whether there is an emulated PC; where not, a test in place of the others says why, and fails in strict mode. */
export function isPcThere(): boolean {
  const missing = inject('pcMissing');
  if (missing === '') return true;
  notTested('the emulated PC', `there is no ${missing}`);
  return false;
}
