/** Rows that cannot be used: counted, located and skipped, up to a limit. Never silently. */
import { NearfeedError } from "../../shared/errors.ts";

export interface BadRow {
  readonly file: string;
  /** Data row of the file from 1; the header of a CSV file is not counted. */
  readonly row: number;
  /** The mapping's field, or "row" where the whole line has the wrong shape. */
  readonly field: string;
  /** What was got and what was expected. */
  readonly problem: string;
}

export interface BadRowReport {
  readonly read: number;
  readonly bad: number;
  /** The first of them. */
  readonly samples: readonly BadRow[];
}

/** How many bad rows are kept for the message. */
export const BAD_ROW_SAMPLES = 20;

/** Bad rows allowed unless told otherwise: a broken line happens, a broken column must stop the run. */
export const DEFAULT_MAX_BAD_ROWS: BadRowLimit = { share: 0.01 };

export type BadRowLimit = { readonly share: number } | { readonly count: number };

/** Reads "1%" or "100". @throws NearfeedError `bad_argument` */
export function parseBadRowLimit(text: string): BadRowLimit {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match ? Number(match[1]) : NaN;
  if (!match || (match[2] === "%" ? value > 100 : !Number.isInteger(value))) {
    throw new NearfeedError(
      "bad_argument",
      `--max-bad-rows must be a count or a percentage such as 1%, got "${text}"`,
      {
        path: "--max-bad-rows",
      },
    );
  }
  return match[2] === "%" ? { share: value / 100 } : { count: value };
}

/** @throws NearfeedError `too_many_bad_rows` naming the first rows. */
export function checkBadRows(report: BadRowReport, limit: BadRowLimit): void {
  const allowed = "count" in limit ? limit.count : Math.floor(limit.share * report.read);
  if (report.bad <= allowed) return;
  const [first] = report.samples;
  throw new NearfeedError(
    "too_many_bad_rows",
    `${report.bad} of ${report.read} rows cannot be used, ${allowed} are allowed. First: ${report.samples.slice(0, 5).map(describeBadRow).join("; ")}`,
    {
      ...(first && { path: `${first.file}:${first.row}:${first.field}` }),
      hint: "Repair the file, correct the mapping, or allow more with --max-bad-rows N or N%.",
    },
  );
}

export function describeBadRow({ file, row, field, problem }: BadRow): string {
  return `${file} row ${row}, ${field}: ${problem}`;
}
