/** A program that comes with fleet98, built for a platform. */
export interface ReadyProgram {
  /** Its folder: a platform, with the processor where that matters, such as `linux-i386`. */
  readonly platform: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly version?: string;
  /** A mark of the sources that it was built from; the agent says the same in AGENT.NFO. */
  readonly build?: string;
  /** What built it: the same gives the same bytes. */
  readonly toolchain?: string;
  /** What a Windows program asks of the system, as `KERNEL32.DLL!CreateFileA`. */
  readonly imports?: readonly string[];
}

/** Whether a ready-made file may have this name: 8.3, upper case. */
export const isFileName = (name: string): boolean => /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/.test(name);

export const agentFile = 'AGENT.EXE';
export const starterFile = 'TINY98.EXE';
