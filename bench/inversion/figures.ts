/** The figures of docs/privacy.md: kept as JSON beside this file, shown as the table between two markers of that page. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readMarked, replaceMarked } from "../harness/marked.ts";
import type { Inversion } from "./measure.ts";

export interface Figures {
  readonly seed: number;
  readonly people: number;
  readonly rows: readonly Inversion[];
}

const FIGURES = join(import.meta.dirname, "figures.json");
const PAGE = join(import.meta.dirname, "../../docs/privacy.md");
const MARKER = "inversion";

export async function readFigures(): Promise<Figures> {
  return JSON.parse(await readFile(FIGURES, "utf8")) as Figures;
}

/** What stands between the markers of the page. */
export async function shownFigures(): Promise<string> {
  return readMarked(await readFile(PAGE, "utf8"), MARKER);
}

export async function writeFigures(figures: Figures): Promise<void> {
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  const page = await readFile(PAGE, "utf8");
  await writeFile(PAGE, replaceMarked(page, MARKER, figuresTable(figures)));
}

export function figuresTable({ rows }: Figures): string {
  const share = (value: number | undefined) => (value === undefined ? "–" : `${Math.round(100 * value)} %`);
  const header = [
    "likes",
    "guessed from nothing",
    "query vectors",
    "one set of cells",
    "every set since the first like",
    "every set since the 20th like",
    "sets nobody else has",
  ];
  const lines = rows.map(({ likes, blind, query, cells, sequence, sequenceAllowed, unique }) => [
    String(likes),
    ...[blind, query, cells, sequence, sequenceAllowed, unique].map(share),
  ]);
  const widths = header.map((title, column) =>
    Math.max(...[header, ...lines].map((line) => line[column]!.length), title.length),
  );
  const format = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [format(header), rule, ...lines.map(format)].join("\n");
}
