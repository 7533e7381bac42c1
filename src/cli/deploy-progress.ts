import type { Deployment, Target } from '../contract/deployments.ts';
import { duration, size } from './format.ts';
import type { Output } from './io.ts';
import { visibleLine } from './visible.ts';

const BAR_CELLS = 24;
const MAX_BARS = 20;
const PLAIN_EVERY_MS = 10_000;

const ends: readonly string[] = ['done', 'already-current', 'incompatible', 'failed', 'canceled'];

const isEnded = (target: Target): boolean => ends.includes(target.state);

function details(target: Target): string {
  const { state, bytesSent, bytesTotal, bytesPerSecond, etaSeconds, code, detail } = target;
  const parts: string[] = [state];
  if (state === 'transferring' && bytesTotal > 0) {
    parts.push(`${Math.floor((100 * bytesSent) / bytesTotal)} % of ${size(bytesTotal)}`);
    if (bytesPerSecond !== undefined) parts.push(`${size(bytesPerSecond)}/s`);
    if (etaSeconds !== undefined) parts.push(`${duration(etaSeconds)} left`);
  }
  if (code !== undefined) parts.push(`${code}: ${detail ?? ''}`);
  return visibleLine(parts.join(', '));
}

function bar({ state, bytesSent, bytesTotal }: Target): string {
  const isSent =
    state === 'verifying' || state === 'placing' || state === 'done' || state === 'already-current';
  const share = isSent ? 1 : bytesTotal > 0 ? Math.min(1, bytesSent / bytesTotal) : 0;
  const full = Math.round(share * BAR_CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}]`;
}

/** Shows how a deployment goes: bars that are redrawn on a terminal, plain lines elsewhere. */
export class DeployProgress {
  readonly #output: Output;
  readonly #shown = new Map<string, { text: string; atMs: number }>();
  #drawnLines = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(deployment: Deployment, nowMs: number): void {
    if (this.#output.isTTY) this.#redraw(deployment);
    else this.#addLines(deployment, nowMs);
  }

  #redraw({ targets }: Deployment): void {
    const columns = this.#output.columns ?? 80;
    const width = Math.max(...targets.map(({ machine }) => machine.length));
    const chosen =
      targets.length <= MAX_BARS ? targets : targets.filter((target) => !isEnded(target)).slice(0, MAX_BARS);
    const lines = chosen.map((target) =>
      `${visibleLine(target.machine).padEnd(width)} ${bar(target)} ${details(target)}`.slice(0, columns - 1),
    );
    if (targets.length > chosen.length)
      lines.push(`${targets.filter(isEnded).length} of ${targets.length} ended`);
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : '';
    this.#output.write(`${up}\u001b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawnLines = lines.length;
  }

  #addLines({ targets }: Deployment, nowMs: number): void {
    for (const target of targets) {
      const before = this.#shown.get(target.machine);
      const text = details(target);
      const isNews =
        before?.text.split(',')[0] !== text.split(',')[0] || (isEnded(target) && before?.text !== text);
      if (before && !isNews && (before.text === text || nowMs - before.atMs < PLAIN_EVERY_MS)) continue;
      this.#shown.set(target.machine, { text, atMs: nowMs });
      this.#output.write(`${visibleLine(target.machine)}: ${text}\n`);
    }
  }
}
