import type { TestProject } from 'vitest/node';
import setupPc, { makePc, makeWindows, pcMissing } from '../e2e-pc/support/global-setup.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The disk of the emulated PC's Windows; empty where it cannot be made. */
    windowsImage: string;
  }
}

/** Beside what the emulated PC needs, its Windows where it was not made before. */
export default function setup(project: TestProject): () => void {
  project.provide('windowsImage', pcMissing() === '' ? makeWindows(makePc()) : '');
  return setupPc(project);
}
