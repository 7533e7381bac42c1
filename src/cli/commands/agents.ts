import type { Command } from 'commander';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import { size, table } from '../format.ts';
import { saveFile } from '../save-file.ts';
import { visibleLine } from '../visible.ts';

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const { items } = await cli.client(options).call('listAgents');
  cli.print(options, items, () =>
    items.length === 0
      ? 'This fleet98 came without ready-made programs. Next: npm run build:agent\n'
      : table(
          ['PLATFORM', 'FILE', 'SIZE', 'VERSION', 'BUILD', 'SHA-256'],
          items.map((item) => [
            item.platform,
            item.file,
            size(item.sizeBytes),
            item.version,
            item.build,
            item.sha256,
          ]),
        ),
  );
}

async function get(
  cli: Cli,
  platform: string,
  file: string,
  options: CommonOptions & { output?: string },
): Promise<void> {
  const response = await cli.client(options).open('readAgent', { params: { platform, file } });
  const bytes = Buffer.from(await response.arrayBuffer());
  const path = options.output ?? file;
  if (path === '-') {
    cli.io.stdout.write(bytes);
    return;
  }
  await saveFile(path, bytes);
  cli.print(
    options,
    { platform, file, path, sizeBytes: bytes.length },
    () => `${visibleLine(path)}: ${size(bytes.length)}\n`,
  );
}

/** `agents …`; without a subcommand it is the list. */
export function addAgentsCommands(program: Command, cli: Cli): void {
  const agents = program.command('agents').description('the ready-made programs for old machines');
  leaf(agents, 'list', 'list them', { isDefault: true }).action((options: CommonOptions) =>
    list(cli, options),
  );
  leaf(agents, 'get <platform> <file>', 'save one of them')
    .option('-o, --output <path>', 'where to; - is standard output (default: its own name here)')
    .action((platform: string, file: string, options: CommonOptions & { output?: string }) =>
      get(cli, platform, file, options),
    );
}
