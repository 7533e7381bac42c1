import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { Command } from 'commander';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { UsageError } from '../failures.ts';
import { size } from '../format.ts';
import type { KitFile } from '../kit/kit-file.ts';
import { findMedium } from '../kit/kit-media.ts';
import type { ChosenMedium, MediumOptions } from '../kit/kit-media.ts';
import { kitPlan, kitUser } from '../kit/kit-plan.ts';
import type { KitPlan } from '../kit/kit-plan.ts';
import { pullPlan } from '../kit/pull-plan.ts';
import { saveFile } from '../save-file.ts';
import { visibleLine } from '../visible.ts';

interface KitOptions extends CommonOptions, MediumOptions {
  readonly print?: true;
  readonly host?: string;
  readonly pull?: true;
  readonly port?: number;
  readonly every?: number;
}

const PASSWORD_LENGTH = 12;
/** Without those that look like others on a screen of the time. */
const passwordSigns = 'abcdefghjkmnpqrstuvwxyz23456789';
const machineName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$/;

const notOne = (): UsageError =>
  new UsageError('say one of --floppy FILE, --cdr FILE, --zip FILE and --print');

const newPassword = (): string =>
  Array.from({ length: PASSWORD_LENGTH }, () => passwordSigns[randomInt(passwordSigns.length)]).join('');

async function make(
  cli: Cli,
  platform: string,
  name: string | undefined,
  options: KitOptions,
): Promise<void> {
  const { host, print } = options;
  const medium = findMedium(options);
  if ((medium === undefined) === (print === undefined)) throw notOne();
  if (name !== undefined && !machineName.test(name)) {
    throw new UsageError('NAME is up to 15 letters, digits, - and _, as Windows has it');
  }
  if (host !== undefined && isIP(host) !== 4)
    throw new UsageError('--host is an IPv4 address, as old systems have no other');
  const password = newPassword();
  const plan = options.pull ? planPull(platform, name, options) : kitPlan({ platform, name, password, host });
  if (plan === undefined)
    throw new UsageError(`there is no kit for ${visibleLine(platform)}; fleet98 agents lists platforms`);
  if (medium === undefined) printPage(cli, plan);
  else await writeKit(cli, { platform, name, password, medium, plan }, options);
}

/** Port of the door's FTP server unless the settings say another one, and the visits that it expects. */
const DOOR_PORT = 2121;
const EVERY_SECONDS = 60;

function planPull(platform: string, name: string | undefined, options: KitOptions): KitPlan | undefined {
  const { host, port = DOOR_PORT, every: everySeconds = EVERY_SECONDS } = options;
  if (host === undefined) throw new UsageError('--pull needs --host: this host as the machine reaches it');
  return pullPlan({ platform, name, place: { host, port, everySeconds } });
}

/** The texts, for somebody who types them. */
function printPage(cli: Cli, { files }: KitPlan): void {
  for (const { name, bytes } of files) {
    const text = Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
    cli.io.stdout.write(`${'-'.repeat(20)} ${name} ${'-'.repeat(20)}\n${text}\n`);
  }
}

interface WantedKit {
  readonly platform: string;
  readonly name: string | undefined;
  readonly password: string;
  readonly medium: ChosenMedium;
  readonly plan: KitPlan;
}

async function writeKit(cli: Cli, kit: WantedKit, options: KitOptions): Promise<void> {
  const { platform, name, password, medium, plan } = kit;
  const { path } = medium;
  const programs = await Promise.all(plan.programs.map((file) => fetchProgram(cli, platform, file, options)));
  const files = [...programs, ...plan.files];
  const image = medium.make(files, new Date());
  // It holds a password.
  await saveFile(path, image, 0o600);
  const login = plan.programs.includes('FTPD98.EXE') ? { user: kitUser, password } : {};
  const told = {
    platform,
    name,
    path,
    sizeBytes: image.length,
    files: files.map((file) => file.name),
    ...login,
  };
  cli.print(options, told, () => {
    const whom = name ?? `every ${platform} machine`;
    const setup = files.find((file) => file.name.startsWith('SETUP.'))?.name;
    const next =
      'user' in login
        ? `Its FTP server has the user ${login.user} and the password ${login.password}.\n`
        : '';
    return `${visibleLine(path)}: ${size(image.length)}, for ${whom}. Start ${setup} on the machine, ${medium.place}.\n${next}`;
  });
}

/** Where a program lies: Windows NT takes those of Windows 95 and 98, and scripts are the same for every Unix. */
function homeOf(platform: string, file: string): string {
  if (file.endsWith('.SH')) return 'unix';
  return platform === 'winnt' ? 'win9x' : platform;
}

async function fetchProgram(cli: Cli, platform: string, file: string, options: KitOptions): Promise<KitFile> {
  const params = { platform: homeOf(platform, file), file };
  const response = await cli.client(options).open('readAgent', { params });
  return { name: file, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** `kit …`: what a machine without any program is given by hand. */
export function addKitCommand(program: Command, cli: Cli): void {
  leaf(
    program,
    'kit <platform> [name]',
    'a disk, a CD or an archive that sets up a machine; without a name for every machine of the platform',
  )
    .option('--floppy <file>', 'write the image of a 1.44 MB floppy disk')
    .option('--cdr <file>', 'write the image of a CD')
    .option('--zip <file>', 'write a zip archive')
    .option('--print', 'print its texts, for somebody who types them')
    .option('--host <address>', 'this host as the machine reaches it: SETUP pings it')
    .option(
      '--pull',
      'for a machine that only fetches: it comes to `serve --lan` by itself, and asks to join',
    )
    .option('--port <port>', `port of the FTP server of \`serve --lan\` (${DOOR_PORT})`, wholeNumber)
    .option('--every <seconds>', `with --pull: how often it comes (${EVERY_SECONDS})`, wholeNumber)
    .action((platform: string, name: string | undefined, options: KitOptions) =>
      make(cli, platform, name, options),
    );
}
