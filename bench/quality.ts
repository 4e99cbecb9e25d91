/**
 * How good the lists are: trains on the bundled ratings as `npm start` does and measures all models by the protocol
 * `replay`. A run trains the deep floor too, which takes minutes; `--quick` leaves it out. With `--write` the figures of
 * the README come from it.
 *
 * With `--data NAME` the same for a public data set, by the protocol of the figures published for it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as runCommand } from "../scripts/run.ts";
import type { EvaluationTable } from "../trainer/evaluate/protocols.ts";
import { figure, rounded } from "./quality/change-rows.ts";
import { measurePublic } from "./quality/measure-public.ts";
import { missingFile, ofTen, PUBLIC_DATA } from "./quality/public-data.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ROOT = join(import.meta.dirname, "..");
const DATA = join(ROOT, "trainer/datasets/movielens-small");

const FIGURES = ofTen("movielens-small");

/** What `nearfeed train --json` says, as far as it is shown. */
interface Trained extends EvaluationTable {
  readonly data: { readonly users: number; readonly items: number };
}

export const datasets = ["movielens-small", ...Object.keys(PUBLIC_DATA)];

export async function* run({ quick, seed, data: name }: SuiteOptions): AsyncIterable<Row> {
  const chosen = name === undefined ? undefined : PUBLIC_DATA[name];
  if (name !== undefined && chosen) {
    const missing = missingFile(chosen);
    if (missing === undefined) yield* measurePublic(name, chosen, { quick, seed });
    else console.error(`quality: ${name} is skipped, ${missing} is missing; see docs/evaluation.md`);
    return;
  }
  const { data, models, differences } = await train(quick, seed);
  yield { id: "people", unit: "people", value: data.users };
  yield { id: "items", unit: "films", value: data.items };
  yield { id: "targets", unit: "events", value: models["random"]!.targets, note: "held out, and saying yes" };
  const own = models["deep"] ? "deep" : "linear";
  for (const [model, row] of Object.entries(models)) {
    const about = { seed, ...(model !== own && { variant: model }) };
    for (const { metric, id, unit } of FIGURES) {
      const [low, high] = row.intervals[metric]!;
      yield { id, unit, value: rounded(row[metric]!), low: rounded(low), high: rounded(high), ...about };
    }
  }
  for (const [pair, difference] of Object.entries(differences)) {
    const id = `${FIGURES[0]!.id}-${pair.replace(" - ", "-over-")}`;
    yield { id, unit: "NDCG@10", ...figure(difference), seed };
  }
}

async function train(quick: boolean, seed: number): Promise<Trained> {
  const work = await mkdtemp(join(tmpdir(), "nearfeed-quality-"));
  try {
    const data = [join(DATA, "ratings.parquet"), "--items", join(DATA, "movies.parquet")];
    const settings = ["--mapping", join(DATA, "mapping.json"), "--fit", join(DATA, "linear-fit.json")];
    const made = ["--seed", String(seed), "--out", join(work, "release"), "--json"];
    const args = ["train", ...data, ...settings, ...made, ...(quick ? [] : ["--deep"])];
    const { code, output } = await runCommand("node", [join(ROOT, "bin/nearfeed.js"), ...args], { quiet: true });
    if (code !== 0) throw new Error(`nearfeed train failed:\n${output}`);
    return JSON.parse(output.trim().split("\n").at(-1)!) as Trained;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
