/** What a benchmark says: one row, one JSON object a line. The only definition of it; run.ts holds every row to it. */

interface RowBase {
  /** What was measured (`rank-1000`); kebab-case and stable, so that figures can be compared over time. */
  readonly id: string;
  /** The unit of every figure of the row: `ms`, `bytes`, … */
  readonly unit: string;
  /** A rival, or other circumstances (`throttled`). A row without it is ours, unthrottled. */
  readonly variant?: string;
  /** Bounds of a 95 % interval. */
  readonly low?: number;
  readonly high?: number;
  readonly seed?: number;
  readonly note?: string;
}

/** Percentiles of `n` measurements. */
export interface TimedRow extends RowBase {
  readonly p50: number;
  readonly p95: number;
  /** Where the slowest are told too. */
  readonly p99?: number;
  readonly n: number;
}

/** A figure that is counted, not timed. */
export interface ValueRow extends RowBase {
  readonly value: number;
}

export type Row = TimedRow | ValueRow;

/** What a suite is told. */
export interface SuiteOptions {
  /** Fewer repetitions: shows that the suite works, not what it measures. */
  readonly quick: boolean;
  readonly seed: number;
  /** One of its `datasets`; the first if absent. */
  readonly data?: string;
}

/** What `bench/<suite>.ts` exports. */
export interface Suite {
  /** No row where the data is absent, which it says. */
  run(options: SuiteOptions): AsyncIterable<Row>;
  /** What `--data` may name. */
  readonly datasets?: readonly string[];
  /** With `--write`, after the run: keeps figures of its own that a page shows; those of the rows are kept and shown anyway. */
  write?(): Promise<void>;
}

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const NUMBERS = ["p50", "p95", "p99", "n", "value", "low", "high", "seed"] as const;
const TEXTS = ["id", "unit", "variant", "note"] as const;
const KNOWN: readonly string[] = [...NUMBERS, ...TEXTS];

/** @throws Error naming the field when `value` is no row. */
export function parseRow(value: unknown): Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw problem("row", value, "an object");
  const row = value as Record<string, unknown>;
  for (const key of Object.keys(row)) if (!KNOWN.includes(key)) throw problem(key, row[key], "a known field");
  for (const key of TEXTS) {
    const required = key === "id" || key === "unit";
    if ((required || row[key] !== undefined) && (typeof row[key] !== "string" || row[key] === "")) {
      throw problem(key, row[key], "a text");
    }
  }
  if (!KEBAB.test(row["id"] as string)) throw problem("id", row["id"], "kebab-case");
  for (const key of NUMBERS) {
    if (row[key] !== undefined && !Number.isFinite(row[key])) throw problem(key, row[key], "a finite number");
  }
  const timed = ["p50", "p95", "n"].filter((key) => row[key] !== undefined).length;
  if (row["value"] === undefined ? timed !== 3 : timed !== 0)
    throw problem("row", row, "p50, p95 and n, or value alone");
  if (timed === 0 && row["p99"] !== undefined) throw problem("p99", row["p99"], "p50, p95 and n beside it");
  if (timed === 3) checkTimed(row as unknown as TimedRow);
  return row as unknown as Row;
}

function checkTimed({ p50, p95, p99 = p95, n }: TimedRow): void {
  if (p95 < p50) throw problem("p95", p95, `at least p50 (${p50})`);
  if (p99 < p95) throw problem("p99", p99, `at least p95 (${p95})`);
  if (!Number.isInteger(n) || n < 1) throw problem("n", n, "a count of measurements");
}

function problem(field: string, got: unknown, expected: string): Error {
  return new Error(`bench row: ${field} is ${JSON.stringify(got)}, expected ${expected}`);
}
