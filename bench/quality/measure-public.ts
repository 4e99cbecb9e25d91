/** From nothing to the rows of one public data set: `nearfeed train`, then `nearfeed evaluate`, as anybody would. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as runCommand } from "../../scripts/run.ts";
import type { Release } from "../../shared/release.ts";
import type { EvaluationTable, MetricRow } from "../../trainer/evaluate/protocols.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import type { Row } from "../schema.ts";
import { adaptivityRows, dialRows, freshnessRows, rounded } from "./change-rows.ts";
import { measureShown } from "./measure-shown.ts";
import { coldStartRows } from "./cold-rows.ts";
import type { PublicData } from "./public-data.ts";
import { spaceRows } from "./space-rows.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The release's own rows are its best floor; these stand beside it. */
const RIVALS = [
  "linear",
  "item-knn",
  "ials",
  "ials-recent",
  "ease",
  "ease-recent",
  "category-cosine",
  "popularity",
  "random",
];

/** Of the catalogue, hidden from the training that new items are measured on. */
const HIDDEN_ITEMS = "10%";

export async function* measurePublic(
  name: string,
  data: PublicData,
  { quick, seed }: { readonly quick: boolean; readonly seed: number },
): AsyncIterable<Row> {
  const work = await mkdtemp(join(tmpdir(), `nearfeed-quality-${name}-`));
  const release = join(work, "release");
  const both = [...(data.read ?? []), "--seed", String(seed), "--json"];
  try {
    const deep = data.deep && !quick;
    const made = ["--out", release, ...(deep ? ["--deep"] : [])];
    const trained = await nearfeed(["train", data.log, ...data.train, ...made, ...both]);
    yield { id: `quality-${name}-train`, unit: "s", value: Math.round(trained.seconds), seed };
    yield {
      id: `quality-${name}-item-bytes`,
      unit: "bytes",
      value: await bytesPerItem(release),
      note: "index and neighbours",
    };
    const ask = (args: readonly string[]) => nearfeed(["evaluate", data.log, ...args, "--release", release, ...both]);
    if (data.evaluate) yield* tableRows(name, data, { deep, seed, ask: () => ask(tableArguments(data, deep)) });
    if (data.adaptivity) yield* adaptivityRows(name, deep, seed, await ask(["--protocol", "adaptivity"]));
    if (data.exploration) yield* dialRows(name, deep, seed, await ask(["--protocol", "exploration"]));
    if (data.freshness) {
      const { from, utcOffset } = data.freshness;
      const cut = ["--protocol", "freshness", "--from", from, "--utc-offset", String(utcOffset)];
      yield* freshnessRows(name, deep, seed, await ask(cut));
    }
    if (data.shown) yield* measureShown(data.shown, { deep: !quick, seed });
    if (deep && data.spaceHoldout !== undefined) {
      const factorised = join(work, "linear");
      await nearfeed(["train", data.log, ...data.train, "--out", factorised, ...both]);
      const { dataset } = await readDataset({ events: [data.log] });
      yield* spaceRows(name, { dataset, holdout: data.spaceHoldout, factorised, refined: release, seed });
    }
    if (data.coldStart) {
      const { id, from } = data.coldStart;
      const cold = join(work, "cold");
      await nearfeed(["train", data.log, ...data.train, "--without-items", HIDDEN_ITEMS, "--out", cold, ...both]);
      const cut = ["--protocol", "cold-start", ...(from === undefined ? [] : ["--from", from])];
      yield* coldStartRows(id, seed, await nearfeed(["evaluate", data.log, ...cut, "--release", cold, ...both]));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function tableArguments(data: PublicData, deep: boolean): string[] {
  return [...data.evaluate!, "--models", [...(deep ? ["deep"] : []), ...RIVALS].join(",")];
}

interface TableOptions {
  readonly deep: boolean;
  readonly seed: number;
  readonly ask: () => ReturnType<typeof nearfeed>;
}

async function* tableRows(name: string, data: PublicData, { deep, seed, ask }: TableOptions): AsyncIterable<Row> {
  const { result, seconds } = await ask();
  yield { id: `quality-${name}-evaluate`, unit: "s", value: Math.round(seconds), seed };
  const table = result as EvaluationTable;
  const own = deep ? "deep" : "linear";
  for (const { metric, id, unit } of data.figures) {
    const figure = (row: MetricRow) => {
      const [low, high] = row.intervals[metric]!;
      return { id, unit, value: rounded(row[metric]!), low: rounded(low), high: rounded(high), seed };
    };
    const { people } = table.models[own]!;
    yield { ...figure(table.models[own]!), note: `${own} floor, ${people.toLocaleString("en-US")} people` };
    for (const [model, row] of Object.entries(table.models)) {
      if (model !== own) yield { ...figure(row), variant: model };
    }
  }
}

async function nearfeed(args: readonly string[]): Promise<{ readonly result: unknown; readonly seconds: number }> {
  const began = performance.now();
  const { code, output } = await runCommand("node", [join(ROOT, "bin/nearfeed.js"), ...args], { quiet: true });
  if (code !== 0) throw new Error(`nearfeed ${args[0]} failed:\n${output}`);
  return { result: JSON.parse(output.trim().split("\n").at(-1)!), seconds: (performance.now() - began) / 1000 };
}

/** What a device holds of an item, catalogue and ids apart. */
async function bytesPerItem(folder: string): Promise<number> {
  const { files, items } = JSON.parse(await readFile(join(folder, "release.json"), "utf8")) as Release;
  return Math.round((files.index.bytes + files.neighbours.bytes) / items);
}
