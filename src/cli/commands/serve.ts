import type { Command } from 'commander';

interface ServeOptions {
  readonly config?: string;
  readonly json?: true;
  readonly withParent?: true;
  readonly lan?: true;
}

/** `serve`: the daemon itself. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('start the daemon')
    .option('--config <file>', 'settings that differ from config/default.yaml (FLEET98_CONFIG)')
    .option(
      '--json',
      'for programs: one line {"listening": URL} on standard output, the log on standard error',
    )
    .option(
      '--lan',
      'open the door: setup files for old machines, readable by everybody on this host’s networks',
    )
    .option('--with-parent', 'end when standard input ends')
    .action(async (options: ServeOptions) => {
      const { serve } = await import('../../server.ts');
      await serve({
        json: options.json === true,
        withParent: options.withParent === true,
        lan: options.lan === true,
        ...(options.config === undefined ? {} : { configFile: options.config }),
      });
    });
}
