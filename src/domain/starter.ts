/** The reference to the built-in bundle: which one it is depends on the machine. */
export const starterName = 'starter';

/** The name of the built-in bundle for a platform's folder of ready-made programs. */
export const starterBundle = (platform: string): string => `${starterName}-${platform}`;

/** Names that only the daemon itself gives. */
export const isBuiltIn = (name: string): boolean =>
  name === starterName || name.startsWith(`${starterName}-`);
