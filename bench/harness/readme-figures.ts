/** The figures of the README: how good the lists are, from the result of the suite `quality`. */
import type { Row, ValueRow } from "../schema.ts";
import type { Result } from "./results.ts";

/** The marker in the README. */
export const QUALITY = "figures:quality";

/** What the ids of its rows begin with, and the model that is no variant. */
const DATA = "quality-movielens-small";
const OWN = "deep";

const MODELS = ["deep", "unexplored", "selected", "linear", "popularity", "random"];
const DIFFERENCES = [
  ["deep", "linear"],
  ["linear", "popularity"],
  ["selected", "deep"],
] as const;

/** @throws Error naming the row that is missing */
export function renderQuality({ rows }: Result): string {
  const value = (id: string) => valueRow(rows, id);
  const count = (id: string) => value(id).value.toLocaleString("en-US");
  const data =
    `On the bundled ratings, the last ten events of each of ${count("people")} people, one after the other, all ` +
    `${count("items")} films ranked, those\nalready seen left out (${count("targets")} events that say yes; bootstrap over people):`;
  const models = MODELS.map((model) => {
    const of = (metric: string) => valueRow(rows, `${DATA}-${metric}`, model === OWN ? undefined : model);
    const { value: ndcg, low, high } = of("ndcg10");
    return [model, share(ndcg), `${share(low!)} to ${share(high!)}`, share(of("hr10").value)];
  });
  const differences = DIFFERENCES.map(([a, b]) => {
    const { value: mean, low, high } = value(`${DATA}-ndcg10-${a}-over-${b}`);
    return [`${a} − ${b}`, signed(mean), `${signed(low!)} to ${signed(high!)}`];
  });
  return [
    data,
    table(["model", "NDCG@10", "95 % interval", "HR@10"], models),
    table(["difference", "NDCG@10", "95 % interval"], differences),
  ].join("\n\n");
}

function valueRow(rows: readonly Row[], id: string, variant?: string): ValueRow {
  const row = rows.find((each) => each.id === id && each.variant === variant);
  if (!row || !("value" in row)) {
    throw new Error(`bench/results/quality.json has no row ${id}${variant === undefined ? "" : ` (${variant})`}`);
  }
  return row;
}

/** A share as papers write it: .0988 */
function share(value: number): string {
  return value.toFixed(4).replace(/^0/, "");
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${share(Math.abs(value))}`;
}

/** Aligned as the formatter of this project aligns tables. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, c) => Math.max(3, title.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, c) => cell.padEnd(widths[c]!)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
