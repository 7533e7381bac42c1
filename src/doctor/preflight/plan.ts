import type { ArtifactKind, Facts } from '../../domain/artifact.ts';
import type { Platform } from '../../platforms/platform.ts';

export interface PlannedFile {
  /** Its name on the machine. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly kind: ArtifactKind;
  readonly facts: Facts;
  /** Bytes of it that lie on the machine's disk already, from an upload that broke off. */
  readonly presentBytes?: number;
  /** The machine has it already, with the right bytes; nothing is sent. */
  readonly alreadyThere: boolean;
}

/** What is about to be done on one machine, as far as it is known. */
export interface Plan {
  readonly platform: Platform;
  readonly diskFreeBytes?: number;
  readonly ramKb?: number;
  readonly agentPresent: boolean;
  /** Kinds of jobs that the agent says it knows. */
  readonly agentKinds: readonly string[];
  readonly files: readonly PlannedFile[];
  readonly hasCommand: boolean;
  /** The file that the command starts; undefined when it starts a program of the machine. */
  readonly exe?: string;
}
