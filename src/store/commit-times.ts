import type { SqliteStatement } from 'kysely';
import type { SqliteConnection } from './sqlite.ts';

/** Told of each transaction that was committed: how long it took from its begin, in milliseconds. */
export type OnCommit = (tookMs: number) => void;

/** The connection with its transactions timed. */
export function withCommitTimes(connection: SqliteConnection, onCommit: OnCommit): SqliteConnection {
  let begunMs = 0;
  const after: Readonly<Record<string, () => void>> = {
    begin: () => (begunMs = performance.now()),
    commit: () => onCommit(performance.now() - begunMs),
  };
  return {
    ...connection,
    prepare: (sql) => {
      const statement = connection.prepare(sql);
      const told = after[sql];
      return told
        ? { ...statement, run: (parameters) => runAndTell(statement, parameters, told) }
        : statement;
    },
  };
}

function runAndTell(
  statement: SqliteStatement,
  parameters: Parameters<SqliteStatement['run']>[0],
  told: () => void,
): ReturnType<SqliteStatement['run']> {
  const ran = statement.run(parameters);
  told();
  return ran;
}
