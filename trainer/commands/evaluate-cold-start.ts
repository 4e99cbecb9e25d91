/** What `nearfeed evaluate` does for the protocol `cold-start`: one table for new people, one for new items. */
import type { Estimate } from "../evaluate/bootstrap.ts";
import { coldItems, type ColdItemsTable } from "../evaluate/cold-items.ts";
import { coldPeople, type ColdPeopleTable } from "../evaluate/cold-people.ts";
import { deepScorer, openDeepSession } from "../evaluate/deep-scorer.ts";
import type { EvaluationOptions } from "../evaluate/protocols.ts";
import { createScorers, type ModelName } from "../evaluate/scorers.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";

export type ColdStartOptions = Pick<
  EvaluationOptions,
  "dataset" | "signals" | "assembly" | "model" | "ranges" | "graphs" | "seed" | "signal"
> & {
  /** 1 for every item that training has not met, `[items]`; undefined where that is not known. */
  readonly hidden?: Uint8Array;
};

export interface ColdStartTables {
  readonly people: ColdPeopleTable;
  readonly items?: ColdItemsTable;
}

const FLOORS: readonly ModelName[] = ["linear", "deep", "popularity", "random"];
const RIVALS: readonly ModelName[] = ["linear", "deep", "category-cosine", "popularity", "random"];

export async function evaluateColdStart(terminal: Terminal, options: ColdStartOptions): Promise<ColdStartTables> {
  const { assembly, model, graphs, seed, hidden } = options;
  const session = graphs && (await openDeepSession(graphs, model));
  try {
    const deep = session && deepScorer(assembly, model, session);
    const scorersOf = (names: readonly ModelName[]) => createScorers(names, { assembly, model, seed, deep });
    const people = await measurePeople(terminal, { ...options, scorers: scorersOf(FLOORS) });
    if (hidden === undefined) {
      terminal.warn("  new items are not measured: this release was trained with all of them (--without-items 10%)");
      return { people };
    }
    return { people, items: await measureItems(terminal, { ...options, hidden, scorers: scorersOf(RIVALS) }) };
  } finally {
    await session?.release();
  }
}

async function measurePeople(terminal: Terminal, options: Parameters<typeof coldPeople>[0]): Promise<ColdPeopleTable> {
  const progress = terminal.start("new people");
  const table = await coldPeople({ ...options, onPerson: (done, total) => progress.update(done, total) });
  progress.done(`${formatCount(table.people)} people`);
  const rows = Object.entries(table.models);
  if (rows.length === 0) return table;
  terminal.say(
    tableRow(
      "NDCG@10 after",
      rows[0][1].map(({ events }) => `${events} events`),
    ),
  );
  for (const [name, points] of rows)
    terminal.say(
      tableRow(
        name,
        points.map(({ ndcg }) => formatEstimate(ndcg)),
      ),
    );
  return table;
}

async function measureItems(terminal: Terminal, options: Parameters<typeof coldItems>[0]): Promise<ColdItemsTable> {
  const progress = terminal.start("new items");
  const table = await coldItems({ ...options, onTarget: (done, total) => progress.update(done, total) });
  const { targets, catalogueShare, demandShare, models, differences } = table;
  progress.done(`${formatCount(targets.cold)} events of items that training has not met`);
  terminal.say(
    `  such items are ${formatShare(catalogueShare)} of the catalogue and ${formatShare(demandShare)} of the held-out events`,
  );
  terminal.say(tableRow("HR@10", ["among new ones", "among all", "known items", "share of places"]));
  for (const [name, { amongCold, amongAll, known, exposure }] of Object.entries(models)) {
    terminal.say(tableRow(name, [amongCold.hr, amongAll.hr, known.hr, exposure].map(formatEstimate)));
  }
  for (const [name, { amongCold, amongAll }] of Object.entries(differences)) {
    terminal.say(`  HR ${name}: ${formatEstimate(amongCold)} among new ones, ${formatEstimate(amongAll)} among all`);
  }
  return table;
}

const NAME_WIDTH = 16;
const CELL_WIDTH = 24;

function tableRow(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join("")}`;
}

function formatEstimate({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(4)} (${low.toFixed(4)}–${high.toFixed(4)})`;
}

function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
