import type { Command } from 'commander';
import type { Receipt } from '../../contract/deployments.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { table, when } from '../format.ts';

interface ReceiptOptions extends CommonOptions {
  readonly machine?: string;
  readonly bundle?: string;
  readonly deployment?: number;
  readonly limit?: number;
}

/** The name that the machine had, and its id, because names change hands. */
const row = (receipt: Receipt) => [
  when(receipt.at),
  receipt.machine,
  receipt.machineId,
  receipt.bundle,
  receipt.path,
  receipt.sizeBytes,
  receipt.crc32,
  receipt.sha256,
  receipt.proven ? receipt.method : `${receipt.method} (unproven)`,
  receipt.requestedBy,
];
const heads = ['AT', 'MACHINE', 'ID', 'BUNDLE', 'PATH', 'BYTES', 'CRC32', 'SHA256', 'METHOD', 'BY'];

async function receipts(cli: Cli, options: ReceiptOptions): Promise<void> {
  const { machine, bundle, deployment, limit = 50 } = options;
  const page = await cli
    .client(options)
    .call('listReceipts', { query: { machine, bundle, deployment, limit } });
  cli.print(options, page.items, () =>
    page.items.length === 0 ? 'No receipts.\n' : table(heads, page.items.map(row)),
  );
}

/** `receipts`. */
export function addReceiptsCommand(program: Command, cli: Cli): void {
  leaf(program, 'receipts', 'what is proven about files on machines, newest first')
    .option('--machine <name>', 'only of this machine')
    .option('--bundle <bundle>', 'only of this bundle, NAME or NAME@VERSION')
    .option('--deployment <id>', 'only of this deployment', wholeNumber)
    .option('--limit <count>', 'how many (50, at most 200)', wholeNumber)
    .action((options: ReceiptOptions) => receipts(cli, options));
}
