const devices = /^(CON|PRN|AUX|NUL|CLOCK\$|COM[1-9]|LPT[1-9])(\..*)?$/;

/** Whether a file name is one the protocol allows: 8.3, upper case, `A-Z 0-9 _ -`, never a DOS device. */
export function isSpoolName(name: string): boolean {
  return /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/.test(name) && !devices.test(name);
}

/** Whether a text is the folder of a bundle version: `B/<8 hex>`. */
export function isBundleFolder(text: string): boolean {
  return /^B\/[0-9A-F]{8}$/.test(text);
}

export const isJobId = (text: string): boolean => /^[0-9A-F]{8}$/.test(text);

/** Names in a bundle's folder that belong to the agent and can never be a placed file. */
export const agentNames: readonly string[] = ['BUNDLE.OK', 'BUNDLE.TMP', 'PLACE.TMP'];
