/**
 * The people of an inversion: users of the bundled ratings with what their devices would show of them after n likes.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellsOf } from "../../shared/cells-file.ts";
import type { Cells } from "../../shared/cells-file.ts";
import { chooseCells, poolBudget } from "../../shared/choose-cells.ts";
import { interestAt } from "../../shared/interest.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent } from "../../shared/profile.ts";
import { knownItems } from "../../trainer/evaluate/walk.ts";
import type { Assembly } from "../../trainer/items/assemble.ts";
import { createRandom, shuffle } from "../../trainer/math/random.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { trainLinear } from "../../trainer/train/train-linear.ts";

/** A release that the attacker knows entirely, and the people of its log. */
export interface World {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly cells: Cells;
  /** Rows that each person liked, in order; all different. Drawn by the seed. */
  readonly people: readonly (readonly number[])[];
}

/** What a device shows of a person at one moment. */
export interface Shown {
  /** Taste and intent, as `retrieve` sends them. `[2][d]` */
  readonly queries: readonly Float64Array[];
  /** The cells that a pool would be made of. */
  readonly cells: readonly number[];
}

const DATA = join(import.meta.dirname, "../../trainer/datasets/movielens-small");
/** Ratings from here on are likes. */
const LIKED = 4;
/** The bundled ratings have no people with a time between likes; a minute lies between any two here. */
const MINUTE_MS = 60_000;
const EPOCH_MS = 1_600_000_000_000;

/**
 * Trains on the bundled ratings.
 *
 * @param likes of each person, at least
 */
export async function trainedWorld(seed: number, likes: number): Promise<World> {
  const read = async (name: string): Promise<never> => JSON.parse(await readFile(join(DATA, name), "utf8")) as never;
  const { dataset } = await readDataset({
    events: [join(DATA, "ratings.parquet")],
    items: [join(DATA, "movies.parquet")],
    mapping: await read("mapping.json"),
  });
  const { assembly, model } = await trainLinear(dataset, { seed, holdout: 1, fit: await read("linear-fit.json") });
  const { start, item, value } = dataset.events;
  const people: number[][] = [];
  const order = Uint32Array.from(dataset.users, (_, user) => user);
  for (const user of shuffle(order, createRandom(seed))) {
    const liked = new Set<number>();
    for (let e = start[user]!; e < start[user + 1]!; e++) {
      if (value[e]! >= LIKED) liked.add(assembly.rowOfItem[item[e]!]!);
    }
    if (liked.size >= likes) people.push([...liked]);
  }
  return { assembly, model, cells: cellsOf(assembly.index), people };
}

/** Makes a function that says what a device shows of a person who has liked these rows, in order, and nothing else. */
export function observer({ assembly, model, cells }: Omit<World, "people">): (liked: readonly number[]) => Shown {
  const known = knownItems(assembly);
  const budget = poolBudget(assembly.table.columns.size);
  return (liked) => {
    const log = liked.map((row, i): LoggedEvent => {
      const at = EPOCH_MS + i * MINUTE_MS;
      const event = { type: "like" as const, id: `${String(i).padStart(6, "0")}`, item: assembly.table.ids[row]!, at };
      return { event, known: known(row)! };
    });
    const { taste, intent } = interestAt(createProfile(model, log), model, log.at(-1)!.event.at);
    const queries = [taste.mean, intent.mean];
    return { queries, cells: chooseCells(cells, queries, { budget }) };
  };
}
