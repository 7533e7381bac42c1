import type { HistoryPage } from '../../contract/machines.ts';
import type { HistoryItem } from '../../store/history.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

export const presentHistoryItem = (item: HistoryItem): HistoryPage['items'][number] =>
  defined({
    kind: item.kind,
    id: item.id,
    bundle: item.bundle ? bundleReference(item.bundle.name, item.bundle.version) : undefined,
    agent: item.agent ? { from: { ...item.agent.from }, to: { ...item.agent.to } } : undefined,
    state: item.state,
    code: item.code ?? undefined,
    detail: item.detail ?? undefined,
    requestedBy: item.requestedBy,
    at: isoTime(item.createdAtMs),
    endedAt: isoTimeIfKnown(item.endedAtMs ?? undefined),
  });
