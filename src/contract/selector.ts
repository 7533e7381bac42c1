import { Type, type Static } from 'typebox';
import { Labels, MachineName, Platform, strict } from './fields.ts';

const maxNames = 5000;

/** Which machines are meant. */
export const Selector = Type.Union(
  [
    Type.Literal('all'),
    strict({ names: Type.Array(MachineName, { minItems: 1, maxItems: maxNames }) }),
    strict({ labels: Labels }),
    strict({ platform: Platform }),
  ],
  { description: '"all", {"names": […]}, {"labels": {…}} or {"platform": …}' },
);
export type Selector = Static<typeof Selector>;
