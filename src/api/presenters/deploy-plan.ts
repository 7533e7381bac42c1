import type { DeployPlan } from '../../contract/deployments.ts';
import type { Bundle } from '../../domain/bundle.ts';
import type { MachinePlan } from '../../operations/deploy-plan.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';

export const presentDeployPlan = ({ name, version }: Bundle, plans: readonly MachinePlan[]): DeployPlan => ({
  bundle: bundleReference(name, version),
  bytesToSend: plans.reduce((sum, plan) => sum + plan.bytesToSend, 0),
  machines: plans.map(({ machine, files, bytesToSend, findings, seconds }) =>
    defined({
      machine: machine.name,
      blocked: findings.some((finding) => finding.level === 'block'),
      findings: findings.map(({ level, code, message }) => ({ level, code, message })),
      files: files.map(({ file, how }) => ({ name: file.name, sizeBytes: file.sizeBytes, how })),
      bytesToSend,
      seconds,
    }),
  ),
});
