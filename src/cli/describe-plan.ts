import type { DeployPlan } from '../contract/deployments.ts';
import { duration, machineCount, size, table } from './format.ts';
import { visibleLine } from './visible.ts';

type MachinePlan = DeployPlan['machines'][number];

const namesOf = (plan: MachinePlan, how: MachinePlan['files'][number]['how']): string | undefined =>
  plan.files
    .filter((file) => file.how === how)
    .map((file) => file.name)
    .join(' ') || undefined;

/** A dry run for a person: a line per machine, then what preflight found. */
export function describePlan({ bundle, machines, bytesToSend }: DeployPlan): string {
  const heads = ['MACHINE', 'TO SEND', 'TAKES', 'SENT', 'COPIED', 'THERE'];
  const rows = machines.map((plan) => [
    plan.machine,
    size(plan.bytesToSend),
    plan.seconds === undefined ? undefined : duration(plan.seconds),
    namesOf(plan, 'send'),
    namesOf(plan, 'copy'),
    namesOf(plan, 'there'),
  ]);
  const findings = machines.flatMap(({ machine, findings: found }) =>
    found.map(({ level, code, message }) => `${visibleLine(`${machine}: ${level} ${code}: ${message}`)}\n`),
  );
  const sum = `${bundle}: ${size(bytesToSend)} to send to ${machineCount(machines.length)}; nothing was sent.`;
  return `${table(heads, rows)}${findings.join('')}${visibleLine(sum)}\n`;
}
