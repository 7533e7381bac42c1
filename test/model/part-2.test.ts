import { trySequences } from './property.ts';

trySequences(2);
