import { inject, test } from 'vitest';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { pcWithAgentProcess } from './support/agent-process.ts';
import type { Death, PcWithAgentProcess } from './support/agent-process.ts';
import { eachPoint } from './support/each-point.ts';
import type { Lane } from './support/lane.ts';
import { placePhase, runPhase, Story } from './support/story.ts';

/** How often the program may have been started when the run ends as `agent-restarted`. */
const startsAfter = {
  'restarted, started 0': [0],
  'restarted, started 1': [1],
  'restarted, started 0 or 1': [0, 1],
} as const;

/** Where the agent is killed, and what must become of the run: success, or how often its program was started. */
interface AgentPoint {
  readonly name: string;
  /** What must have passed on the cable before. */
  readonly after: readonly RegExp[];
  readonly at: Death;
  readonly outcome: 'succeeds' | keyof typeof startsAfter;
}

const at =
  (call: Death['call']) =>
  (pattern: string, when: Death['when'], count = 1): Death => ({ call, when, count, pattern });
const rename = at('rename');
const remove = at('remove');
const close = at('close');

const claim = '*IN/*.JOB *RUN/*.RUN';
const move = '*STAGE/* *B/*';
const commit = '*BUNDLE.TMP *BUNDLE.OK';
const end = '*OUT/*.TMP *OUT/*.END';

const place = (name: string, death: Death): AgentPoint => {
  return { name: `place: ${name}`, after: placePhase, at: death, outcome: 'succeeds' };
};
const run = (name: string, death: Death, outcome: AgentPoint['outcome']): AgentPoint => {
  return { name: `run: ${name}`, after: runPhase, at: death, outcome };
};

const points: readonly AgentPoint[] = [
  place('job in IN', rename(claim, 'before')),
  place('job claimed', rename(claim, 'after')),
  place('first file about to move', rename(move, 'before')),
  place('first file moved', rename(move, 'after')),
  place('second file moved', rename(move, 'after', 2)),
  place('all files moved', rename(move, 'after', 3)),
  place('BUNDLE.OK about to be published', rename(commit, 'before')),
  place('BUNDLE.OK published', rename(commit, 'after')),
  place('END about to be published', rename(end, 'before')),
  place('END published, RUN there', rename(end, 'after')),
  place('RUN removed', remove('*RUN/*.RUN', 'after')),
  run('job in IN', rename(claim, 'before'), 'succeeds'),
  run('job claimed', rename(claim, 'after'), 'restarted, started 0'),
  run('first line of the LOG written', close('*OUT/*.LOG', 'after'), 'restarted, started 0'),
  // The program is forked by then, but may die with its agent before its first word.
  run('AGENT.NFO half written', close('*AGENT.NFO', 'before'), 'restarted, started 0 or 1'),
  run('third block of the LOG written', close('*OUT/*.LOG', 'after', 3), 'restarted, started 1'),
  run('tenth block of the LOG written', close('*OUT/*.LOG', 'after', 10), 'restarted, started 1'),
  run('kept file half copied', close('*OUT/*.K1', 'before'), 'restarted, started 1'),
  run('END about to be published', rename(end, 'before'), 'restarted, started 1'),
  run('END published, RUN there', rename(end, 'after'), 'succeeds'),
  run('RUN removed', remove('*RUN/*.RUN', 'after'), 'succeeds'),
];

async function killAgentAt(lane: Lane<PcWithAgentProcess>, name: string, point: AgentPoint): Promise<void> {
  const { agent } = lane.pc;
  const story = await Story.begin(lane, name);
  await agent.start(point.at);
  lane.cable.whenPassed(point.after, () => agent.arm());
  await story.ask();
  await agent.died();
  await agent.start();
  if (point.outcome === 'succeeds') await story.expectSuccess();
  else await story.expectAgentRestarted(startsAfter[point.outcome]);
}

const kinds = haveBuiltAgent() ? (['c', 'ts'] as const) : (['ts'] as const);
const names = { c: 'C', ts: 'TypeScript' };

if (inject('dieAtLibrary') === '') {
  test.skipIf(process.env['FLEET98_STRICT'] !== '1')('agents are not killed: there is no C compiler', () => {
    throw new Error('FLEET98_STRICT=1 wants gcc, to kill agents at exact calls');
  });
} else {
  for (const kind of kinds) {
    eachPoint(`${names[kind]} agent killed`, pcWithAgentProcess(kind), points, killAgentAt);
  }
}
