/** The one door to DuckDB: it is loaded when first needed, because people who only publish need not install it. */
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { NearfeedError } from "../../shared/errors.ts";
import { installCommand } from "../package-root.ts";

export interface Database extends Disposable {
  run(sql: string): Promise<void>;
  /** All rows, as columns. */
  columns(sql: string): Promise<DuckDBValue[][]>;
  /** All rows as objects. */
  rows(sql: string): Promise<Record<string, DuckDBValue>[]>;
}

/** An empty database in memory. Its queries end when `signal` is aborted. @throws NearfeedError `missing_dependency` */
export async function openDatabase(signal?: AbortSignal): Promise<Database> {
  const { DuckDBInstance } = await importDuckDb();
  const instance = await DuckDBInstance.create(":memory:");
  const connection: DuckDBConnection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  async function query<T>(started: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await started();
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause;
    }
  }
  return {
    async run(sql) {
      await query(() => connection.run(sql));
    },
    async columns(sql) {
      const result = await query(() => connection.runAndReadAll(sql));
      return result.currentRowCount > 0 ? result.getColumns() : Array.from({ length: result.columnCount }, () => []);
    },
    async rows(sql) {
      return (await query(() => connection.runAndReadAll(sql))).getRowObjects();
    },
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", interrupt);
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function importDuckDb() {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    throw new NearfeedError(
      "missing_dependency",
      "Reading files needs the package @duckdb/node-api, which is not installed",
      {
        hint: installCommand("@duckdb/node-api"),
        cause,
      },
    );
  }
}

/** A text as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
