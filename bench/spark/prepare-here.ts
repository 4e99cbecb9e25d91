/**
 * What the Spark job does, by the trainer's own means, as a process of its own: reads a log with DuckDB and learns vectors, neighbours and
 * counts from what is not held out. `node prepare-here.ts <log> <holdout> [output of the job]`; prints the seconds of each step and, where
 * an output is named, what the vectors of both are worth.
 */
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { vectorWorth } from "../../test/harness/spark/vector-worth.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { countItems, DEFAULT_ITEMS, fitItems } from "../../trainer/items/fit-items.ts";
import { fitIals } from "../../trainer/items/ials.ts";
import { interactionsOf } from "../../trainer/items/interactions.ts";
import { DEFAULT_NEIGHBOURS, fitNeighbours } from "../../trainer/items/neighbours.ts";
import type { PreparedItems } from "../../trainer/items/prepared-items.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { preparedFor, readPrepared } from "../../trainer/read/read-prepared.ts";
import { splitLast } from "../../trainer/split/split.ts";

/** People whose held-out events are ranked; more move the figure by less than the seed does. */
const PEOPLE = 2_000;

const [log, holdout, out] = process.argv.slice(2);
const steps: Record<string, number> = {};
let since = performance.now();
function did(step: string): void {
  steps[step] = (performance.now() - since) / 1_000;
  since = performance.now();
}

const { dataset } = await readDataset({ events: [log] });
did("reading");
const { train, validation } = splitLast(dataset, Number(holdout));
const signals = eventSignals(train, DEFAULT_SIGNALS);
const interactions = interactionsOf(train, signals);
const counts = countItems(interactions);
did("interactions");
const neighbours = fitNeighbours(train, signals, DEFAULT_NEIGHBOURS);
did("neighbours");
const { dim, sweeps, foldIn } = DEFAULT_ITEMS;
const { items: vectors } = await fitIals(interactions, { ...foldIn, dim, sweeps, seed: 1 });
did("vectors");
const worth =
  out === undefined
    ? undefined
    : {
        own: await worthOf({ dim, vectors, neighbours, ...counts }),
        spark: await worthOf(preparedFor(dataset.items, await readPrepared(out))),
      };
console.log(JSON.stringify({ events: dataset.events.item.length, steps, worth }));

async function worthOf(prepared: PreparedItems): Promise<number> {
  const items = await fitItems(train, { ...DEFAULT_ITEMS, seed: 1, signals: DEFAULT_SIGNALS, prepared });
  const every = Math.max(1, Math.floor(validation.length / PEOPLE));
  return vectorWorth(
    dataset,
    items,
    validation.filter((_, i) => i % every === 0),
    1,
  );
}
