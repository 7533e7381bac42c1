const PATIENCE_MS = 100_000;

/** What `moment` gives; an error that names it when it never comes. */
export async function within<T>(moment: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`this moment never came: ${name}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([moment, never]);
  } finally {
    clearTimeout(timer);
  }
}
