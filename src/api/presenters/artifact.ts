import type { Artifact as ArtifactAnswer } from '../../contract/artifacts.ts';
import type { Artifact } from '../../domain/artifact.ts';
import { isoTime } from './time.ts';

export const presentArtifact = ({ createdAtMs, ...artifact }: Artifact): ArtifactAnswer => ({
  ...artifact,
  createdAt: isoTime(createdAtMs),
});
