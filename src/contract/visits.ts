/** How machines come that only fetch: for whoever makes what they are given. */
export { askBatch, joinBatch, joinScript, visitSettings } from '../domain/visit-script.ts';
export type { VisitPlace } from '../domain/visit-script.ts';
