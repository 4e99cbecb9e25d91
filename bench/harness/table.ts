/** Rows as a Markdown table, aligned so that it reads well in a terminal too. */
import type { Row } from "../schema.ts";

const HEADINGS = ["id", "variant", "p50", "p95", "p99", "n", "value", "95 % interval", "unit", "note"];

/** Columns that no row fills are left out. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const used = HEADINGS.map((_, c) => cells.slice(1).some((row) => row[c] !== ""));
  const kept = cells.map((row) => row.filter((_, c) => used[c]));
  const widths = kept[0]!.map((_, c) => Math.max(3, ...kept.map((row) => row[c]!.length)));
  const lines = kept.map((row) => `| ${row.map((cell, c) => cell.padEnd(widths[c]!)).join(" | ")} |`);
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

function cellsOf(row: Row): string[] {
  const figures =
    "value" in row
      ? ["", "", "", "", formatNumber(row.value)]
      : [formatNumber(row.p50), formatNumber(row.p95), optional(row.p99), String(row.n), ""];
  const interval =
    row.low === undefined || row.high === undefined ? "" : `${formatNumber(row.low)} – ${formatNumber(row.high)}`;
  return [row.id, row.variant ?? "", ...figures, interval, row.unit, row.note ?? ""];
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(value);
}

/** Three significant digits are what a benchmark can promise; counts stay whole. */
function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
