import { trySequences } from './property.ts';

trySequences(1);
