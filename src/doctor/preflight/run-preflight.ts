import type { Finding } from '../../domain/finding.ts';
import { checkAgent, checkAgentKinds, checkUnseenRuns } from './agent-checks.ts';
import { checkClashes, checkDisk, checkNames, checkSizes } from './file-checks.ts';
import { checkByteOrder, checkCheckpoints, checkGroups, checkRam, checkTokenizer } from './model-checks.ts';
import type { Plan } from './plan.ts';
import { checkDpmi, checkPrograms, checkScripts, checkWholePrograms } from './program-checks.ts';

/** A check looks at a plan and says what is wrong with it; it does nothing and never throws. */
export type Check = (plan: Plan) => Finding[];

/** In the order in which findings are shown: a new check is a function and a line here. */
export const checks: readonly Check[] = [
  checkAgent,
  checkAgentKinds,
  checkNames,
  checkClashes,
  checkSizes,
  checkDisk,
  checkCheckpoints,
  checkTokenizer,
  checkPrograms,
  checkWholePrograms,
  checkScripts,
  checkDpmi,
  checkByteOrder,
  checkGroups,
  checkRam,
  checkUnseenRuns,
];

/** All findings of all checks; nothing starts while one of them has the level `block`. */
export function runPreflight(plan: Plan): Finding[] {
  return checks.flatMap((check) => check(plan));
}
