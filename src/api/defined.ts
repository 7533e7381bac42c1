type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** The same object without the fields that are undefined: what is not known is left out of an answer. */
export type Defined<T> = Omit<T, OptionalKeys<T>> & { [K in OptionalKeys<T>]?: Exclude<T[K], undefined> };

const hasNoUndefined = <T extends object>(fields: T): fields is T & Defined<T> =>
  !Object.values(fields).includes(undefined);

export function defined<T extends object>(fields: T): Defined<T> {
  const copy = { ...fields };
  for (const [key, value] of Object.entries(copy)) {
    if (value === undefined) Reflect.deleteProperty(copy, key);
  }
  if (hasNoUndefined(copy)) return copy;
  throw new TypeError('a field that is not known could not be left out');
}
