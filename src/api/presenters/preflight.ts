import type { Preflight } from '../../contract/machines.ts';
import type { Bundle } from '../../domain/bundle.ts';
import type { Finding } from '../../domain/finding.ts';
import { bundleReference } from './bundle.ts';

export const presentPreflight = (
  machine: string,
  { name, version }: Bundle,
  findings: readonly Finding[],
): Preflight => ({
  machine,
  bundle: bundleReference(name, version),
  blocked: findings.some((finding) => finding.level === 'block'),
  findings: findings.map(({ level, code, message }) => ({ level, code, message })),
});
