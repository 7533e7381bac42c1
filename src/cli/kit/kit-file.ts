/** A file of a kit: an 8.3 name in capitals, and what is in it. */
export interface KitFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}
