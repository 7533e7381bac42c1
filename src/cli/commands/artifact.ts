import type { Command } from 'commander';
import type { Artifact } from '../../contract/artifacts.ts';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import { size, table } from '../format.ts';
import { readAll } from '../pages.ts';
import { uploadFile } from '../upload.ts';

const listed = (artifacts: readonly Artifact[]): string =>
  table(
    ['FILE', 'KIND', 'SIZE', 'CRC-32', 'SHA-256'],
    artifacts.map((item) => [item.filename, item.kind, size(item.sizeBytes), item.crc32, item.sha256]),
  );

/** `artifact …`. */
export function addArtifactCommands(program: Command, cli: Cli): void {
  const artifact = program.command('artifact').description('files that can be sent to machines');
  leaf(artifact, 'put <file...>', 'upload files').action(async (files: string[], options: CommonOptions) => {
    const client = cli.client(options);
    const artifacts: Artifact[] = [];
    for (const file of files) artifacts.push(await uploadFile(client, file, cli.io.stderr));
    cli.print(options, artifacts, () => listed(artifacts));
  });
  leaf(artifact, 'list', 'list files, oldest first').action(async (options: CommonOptions) => {
    const client = cli.client(options);
    const artifacts = await readAll((after) =>
      client.call('listArtifacts', { query: { after, limit: 200 } }),
    );
    cli.print(options, artifacts, () => listed(artifacts));
  });
}
