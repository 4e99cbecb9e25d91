// Counters of a Durable Object: durable like the rest of it, and counted in the same transaction as what they count.

/** The table; part of an object's schema. */
export const COUNTER_SCHEMA =
  "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;";

/** Values by name; a name that was never counted is absent. */
export type Counters = Record<string, number | undefined>;

/** Adds to counters. Nothing is written for a zero. */
export function count(sql: SqlStorage, added: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(added)) {
    if (value === 0) continue;
    sql.exec("INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value", name, value);
  }
}

/** All counters of an object. */
export function counters(sql: SqlStorage): Record<string, number> {
  const rows = sql.exec<{ name: string; value: number }>("SELECT name, value FROM counter").toArray();
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
