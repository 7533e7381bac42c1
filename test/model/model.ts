/** What is known of a machine without looking at it. */
export interface ModelMachine {
  readonly index: number;
  isRegistered: boolean;
  isRetired: boolean;
  isHeld: boolean;
  isPlugged: boolean;
  isPowered: boolean;
  hasAgent: boolean;
}

/** The little that decides what can be asked next, and which answers are right. */
export interface Model {
  isDaemonAlive: boolean;
  runs: number;
  deployments: number;
  readonly machines: readonly ModelMachine[];
}

/** Nobody is registered yet; everything is plugged in and switched on. */
export const freshModel = (machines: number): Model => ({
  isDaemonAlive: true,
  runs: 0,
  deployments: 0,
  machines: Array.from({ length: machines }, (_, index) => ({
    index,
    isRegistered: false,
    isRetired: false,
    isHeld: false,
    isPlugged: true,
    isPowered: true,
    hasAgent: true,
  })),
});

export const isReachable = ({ isPlugged, isPowered }: ModelMachine): boolean => isPlugged && isPowered;
