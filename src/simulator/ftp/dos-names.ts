const devices = /^(CON|PRN|AUX|NUL|CLOCK\$|COM[1-9]|LPT[1-9])(\..*)?$/;

/** Whether DOS can store a file under this name (already upper case): 8.3, its characters, and no device. */
export function fitsDos(name: string): boolean {
  return (
    /^[A-Z0-9!#$%&'()@^_`{}~-]{1,8}(\.[A-Z0-9!#$%&'()@^_`{}~-]{1,3})?$/.test(name) && !devices.test(name)
  );
}
