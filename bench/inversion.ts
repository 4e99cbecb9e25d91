/**
 * What can be told of a person from what a device sends: how often an attacker who knows the release entirely is right
 * about the items behind query vectors, a set of cells, and a sequence of such sets. `--write` also writes the figures
 * of docs/privacy.md.
 */
import { writeFigures } from "./inversion/figures.ts";
import { LIKES, measureInversion } from "./inversion/measure.ts";
import type { Inversion } from "./inversion/measure.ts";
import { trainedWorld } from "./inversion/people.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const PEOPLE = 200;
const QUICK_PEOPLE = 10;

const MEASURED = [
  ["blind", "popularity alone"],
  ["query", "query vectors of taste and intent"],
  ["cells", "the cells of one pool"],
  ["sequence", "the cells of every fetch since the first like"],
  ["sequenceAllowed", "the cells of every fetch since the 20th like"],
  ["unique", "sets of cells that nobody else has"],
] as const;

let measured: { readonly seed: number; readonly people: number; readonly rows: readonly Inversion[] } | undefined;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const world = await trainedWorld(seed, LIKES.at(-1)!);
  const people = Math.min(quick ? QUICK_PEOPLE : PEOPLE, world.people.length);
  measured = { seed, people, rows: measureInversion(world, people) };
  for (const row of measured.rows) {
    for (const [what, note] of MEASURED) {
      const value = row[what];
      if (value === undefined) continue;
      const name = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      yield { id: `inversion-${name}-${row.likes}`, unit: "%", value: Math.round(1_000 * value) / 10, seed, note };
    }
  }
}

/** Called with `--write`, after the run. */
export async function write(): Promise<void> {
  if (measured) await writeFigures(measured);
}
