import { autoOf, pickFrom } from './auto.ts';
import type { EngineChoice } from './auto.ts';
import type { Engine, EngineHead } from './engine.ts';
import { llama2c } from './llama2c.ts';
import { llama98 } from './llama98.ts';
import { plainText } from './plain-text.ts';

/** In the order in which they are asked; the last one accepts everything. */
export const engines: readonly Engine[] = [llama98, llama2c, plainText];

const auto = autoOf(engines);

/** Ids that a bundle may name. */
export const engineIds: readonly string[] = [auto.id, ...engines.map((engine) => engine.id)];

/** The engine with this id, `auto` included; undefined when there is none. */
export const engineById = (id: string): Engine | undefined =>
  [auto, ...engines].find((engine) => engine.id === id);

/** The engine whose output begins so; undefined while that cannot be told. */
export const pickEngine = (head: EngineHead, mustDecide: boolean): EngineChoice | undefined =>
  pickFrom(engines, head, mustDecide);
