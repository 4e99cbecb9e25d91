/** Bills as a table for people: a line for what is counted, a column for each mode. */
import type { Bill } from "./bill.ts";
import type { Estimate } from "./estimate.ts";

const GB = 1e9;
/** Limits that are less used say nothing. */
const SHOWN_FROM = 0.01;
const MOST_LIMITS = 3;

/** The lines of the table, in Markdown: it can stand in a page as it is. */
export function billTable(bills: readonly Bill[]): string[] {
  const billed = [...new Set(bills.flatMap(({ lines }) => lines.map(({ of }) => of)))];
  const order = (of: string) =>
    -Math.max(...bills.map((bill) => bill.lines.find((line) => line.of === of)?.dollars ?? 0));
  const rows: (readonly string[])[] = [
    ["requests", ...bills.map(({ operations }) => formatAmount(operations.requests))],
    ["GB to people", ...bills.map(({ operations }) => formatAmount(operations.bytesOut / GB))],
    ["GB from people", ...bills.map(({ operations }) => formatAmount(operations.bytesIn / GB))],
    ["CPU ms", ...bills.map(({ operations }) => formatAmount(operations.cpuMs))],
    ["GB in the bucket", ...bills.map(({ bucketGb }) => formatAmount(bucketGb))],
    ["GB in objects", ...bills.map(({ objectGb }) => formatAmount(objectGb))],
    ...billed
      .sort((a, b) => order(a) - order(b))
      .filter((of) => order(of) < 0)
      .map((of) => {
        const lines = bills.map((bill) => bill.lines.find((line) => line.of === of));
        const unit = lines.find((line) => line !== undefined)!.unit;
        return [`$ for ${unit}`, ...lines.map((line) => formatDollars(line?.dollars ?? 0))];
      }),
    ["**$ a month**", ...bills.map(({ dollars }) => `**${formatDollars(dollars)}**`)],
  ];
  return markdown(["a month", ...bills.map(({ mode }) => mode)], rows);
}

/** What is closest to its limit in each mode, a line each; what is the same in several is said once. */
export function limitLines(estimates: readonly Pick<Estimate, "mode" | "limits">[]): string[] {
  const modes = new Map<string, string[]>();
  for (const { mode, limits } of estimates) {
    for (const { name, used, remedy } of limits.filter((each) => each.used >= SHOWN_FROM).slice(0, MOST_LIMITS)) {
      const said = `${formatPercent(used)} of ${name}; then ${remedy}`;
      modes.set(said, [...(modes.get(said) ?? []), mode]);
    }
  }
  return [...modes].map(([said, named]) => (named.length === estimates.length ? said : `${named.join(", ")}: ${said}`));
}

/** "1.2 million", "340", "0.05": two digits, for an estimate has no more. */
export function formatAmount(value: number): string {
  for (const [size, word] of [
    [1e12, "trillion"],
    [1e9, "billion"],
    [1e6, "million"],
    [1e3, "thousand"],
  ] as const) {
    if (value >= size) return `${trimmed(value / size)} ${word}`;
  }
  return trimmed(value);
}

export function formatDollars(value: number): string {
  if (value >= 100) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  return value.toFixed(2);
}

export function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(2)).toLocaleString("en-US")} %`;
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
