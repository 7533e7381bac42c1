import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { agentEnvironment, type StartAgent } from '../contract/agent/agent-bench.ts';
import { kitOf } from '../contract/agent/agent-kit.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { engineContract } from '../contract/agent/engine-contract.ts';
import { killContract } from '../contract/agent/kill-contract.ts';
import { limitContract } from '../contract/agent/limit-contract.ts';
import { compile, shimmed } from './agents.ts';
import { buildTiny98 } from './tiny98.ts';

/** What a C library of 1998 has: C89, POSIX.1 and the Single UNIX Specification of 1997, as far as we want it. */
const known = new Set(
  `_exit calloc chdir chmod close closedir dup2 errno execv execvp exit fclose fcntl ferror fflush fgets fileno fopen
   fork fprintf fputc fputs fread fseek fsync ftell fwrite getcwd getpid getppid gettimeofday kill lstat malloc memchr
   memcmp memcpy memmove memset mkdir nftw open opendir pipe printf putc putchar puts read readdir readlink realpath
   rename rmdir select setpgid sigaction sigemptyset signal sprintf stat statvfs strcat strchr strcmp strcpy strcspn
   strerror strlen strncmp strncpy strpbrk strrchr strspn strtoul sysconf time times truncate uname unlink waitid
   waitpid write`.split(/\s+/),
);
/** Used where it is there. */
const optional = ['clock_gettime', 'prctl'];
/** What compilers and libraries of today put in by themselves, and their names for old functions. */
const ofToday =
  /^(_ITM_.*|__gmon_start__|__cxa_finalize|__libc_start_main|__errno_location|_IO_.*|std(in|out|err)|__stack_chk_fail)$/;
const oldName = (name: string): string => (name === '__sysv_signal' ? 'signal' : name);

const tools = 'i686-linux-gnu';

/** The undefined names, or with `all` also those inside, of a program for 32 bits. */
function namesIn(program: string, ...options: readonly string[]): readonly string[] {
  const { stdout, status, stderr } = spawnSync(`${tools}-nm`, [...options, program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} cannot be read:\n${stderr}`);
  return stdout
    .split('\n')
    .flatMap((line) => /(\S+)$/.exec(line)?.[1]?.replace(/@.*$/, '') ?? [])
    .toSorted();
}

if (haveProgram('make') && haveProgram(`${tools}-gcc`)) {
  const flags = '-O2 -U_FILE_OFFSET_BITS -fno-stack-protector';

  test.each([
    ['the agent', buildAgent({ CC: `${tools}-gcc`, CFLAGS: flags, LDFLAGS: '-no-pie' })],
    ['tiny98', buildTiny98('nix', `CC=${tools}-gcc`, `CFLAGS=${flags}`, 'LDFLAGS=-no-pie')],
  ])('%s needs nothing that a C library of 1998 has not, and no numbers of 64 bits', (_name, program) => {
    const needed = namesIn(program, '-D', '--undefined-only').map(oldName);
    expect(needed.length).toBeGreaterThan(5);
    expect(
      needed.filter((name) => !known.has(name) && !optional.includes(name) && !ofToday.test(name)),
    ).toEqual([]);
    // What GCC calls to multiply, divide, shift or convert 64 bits on a processor of 32.
    expect(
      namesIn(program).filter((name) => /di[23]$|^__fix(uns)?[sd]fdi$|^__float(un)?di[sd]f$/.test(name)),
    ).toEqual([]);
  });
} else {
  notTested('what the programs need of a C library', `there is no ${tools}-gcc or no make`);
}

if (process.platform === 'linux' && haveProgram('gcc') && haveProgram('make')) {
  const shim = compile('shim.c', '-shared', '-fPIC', '-ldl');
  const agent = buildAgent();
  const start: StartAgent = (folder) =>
    spawn(agent, [folder], {
      env: { ...agentEnvironment, ...shimmed(shim, { SHIM_OLD: '1' }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });

  describe('the agent in C on a system of 1998', () => {
    describe('bears a program that', () => engineContract(kitOf(start)));
    describe('keeps a run in its limits', () => limitContract(kitOf(start)));
    describe('kills and answers probes', () => killContract(kitOf(start)));
  });
} else {
  notTested('the agent in C on a system of 1998', 'there is no gcc or no make, or this is not Linux');
}
