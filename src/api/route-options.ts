/** A row of the route table as Fastify takes it. */
export const at = <M, S>({ method, path, schema }: { method: M; path: string; schema: S }) => ({
  method,
  url: path,
  schema,
});
