import type { View } from './view.ts';
import { ViewRefusal } from './view.ts';

const refused = (): Promise<never> => Promise.reject(new ViewRefusal('read-only'));

/** The part of a view whose names clients cannot change. */
export abstract class FixedView implements Pick<View, 'makeFolder' | 'removeFolder' | 'remove' | 'rename'> {
  makeFolder(): Promise<void> {
    return refused();
  }

  removeFolder(): Promise<void> {
    return refused();
  }

  remove(): Promise<void> {
    return refused();
  }

  rename(): Promise<void> {
    return refused();
  }
}
