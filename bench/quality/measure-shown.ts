/**
 * The rows of what people were shown: a release is trained on what came before a moment and written, opened again as a device
 * would, and scores what came after, beside rivals that learn from the same features of the same exposures.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FEATURES } from "../../shared/features.ts";
import { scoreByRelease } from "../../trainer/evaluate/score-by-release.ts";
import { surfaceColumns } from "../../trainer/deep/surface-columns.ts";
import type { ShownGroup } from "../../trainer/deep/deep-input.ts";
import type { LabelScores, TemporalScores } from "../../trainer/evaluate/temporal.ts";
import { temporalTable } from "../../trainer/evaluate/temporal-table.ts";
import { forItems } from "../../trainer/items/assemble.ts";
import { FEED_LABELS, type FeedLabel } from "../../trainer/read/feed-labels.ts";
import type { Dataset } from "../../trainer/read/dataset.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { surfaceName } from "../../trainer/read/surfaces.ts";
import { buildRelease } from "../../trainer/release/build-release.ts";
import { openGraphs, openRelease } from "../../trainer/release/open-release.ts";
import { writeReleaseFolder } from "../../trainer/release/release-folder.ts";
import { eventsBefore, eventsFrom } from "../../trainer/split/split-at.ts";
import { learnShown, type ShownLinear } from "../../trainer/train/learn-shown.ts";
import { trainDeepRelease } from "../../trainer/train/train-deep-release.ts";
import { trainLinear } from "../../trainer/train/train-linear.ts";
import type { Row } from "../schema.ts";
import { boostedTrees } from "./boosted-trees.ts";
import { figure } from "./change-rows.ts";
import { writeFeedLog } from "./feed-log.ts";
import { logisticRegression } from "./logistic-regression.ts";

export interface ShownData {
  readonly log: string;
  /** What people watched before the log. */
  readonly earlier: string;
  readonly items: string;
  /** Where the test part begins. Epoch ms */
  readonly from: number;
}

/** How rows name what people did. */
const NAMES: Readonly<Record<FeedLabel, string>> = { click: "click", like: "like", finish: "long-view", skip: "skip" };

/** What the ridge of the line weighs, in rows. */
const RIDGE = 100;

/** One person of ten chooses the trees, as one of ten chooses the ranker. */
const HELD_OUT = 10;

export async function* measureShown(
  { log, earlier, items, from }: ShownData,
  { deep, seed }: { readonly deep: boolean; readonly seed: number },
): AsyncIterable<Row> {
  const work = await mkdtemp(join(tmpdir(), "nearfeed-quality-shown-"));
  const began = performance.now();
  try {
    const whole = join(work, "log.parquet");
    await writeFeedLog(log, earlier, whole);
    const mapping = { items: { categories: "tag", split: "," } };
    const { dataset } = await readDataset({ events: [whole], items: [items], mapping });
    const training = eventsBefore(dataset, from);
    const shown = await learnShown(training, await trainLinear(training, { seed, holdout: 0 }), { seed, deep });
    const models = deep ? await trainDeepRelease(training, shown.linear, { seed, shown }) : undefined;
    const built = await buildRelease(models?.linear ?? shown.linear, { createdAt: 0, metrics: {}, deep: models });
    const folder = join(work, "release");
    await writeReleaseFolder(folder, built.release, built.bytes);
    yield { id: "quality-kuairand-train", unit: "s", value: Math.round((performance.now() - began) / 1000), seed };
    const { files, items: count } = built.release;
    const bytes = Math.round((files.index.bytes + files.neighbours.bytes) / count);
    yield { id: "quality-kuairand-item-bytes", unit: "bytes", value: bytes, note: "index and neighbours" };
    if (files.encoder && files.ranker) {
      yield { id: "quality-kuairand-models", unit: "bytes", value: files.encoder.bytes + files.ranker.bytes };
    }
    const { release, model, assembly } = await openRelease(folder);
    const graphs = await openGraphs(folder, release);
    const features: Float32Array[] = [];
    const scores = await scoreByRelease({
      dataset,
      assembly: forItems(assembly, dataset.items),
      model,
      ranges: eventsFrom(dataset, from),
      from,
      seed,
      ...(graphs && { graphs }),
      onFeatures: (_, block) => features.push(block),
    });
    const rivals = await rivalScores(shown, joined(features), { dataset, scores }, seed);
    yield* tableRows({ ...scores, models: { ...scores.models, ...rivals } }, deep, seed);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export async function rivalScores(
  shown: ShownLinear,
  test: Float32Array,
  { dataset, scores }: { readonly dataset: Dataset; readonly scores: TemporalScores },
  seed: number,
): Promise<Record<string, LabelScores>> {
  const { heads, groups, surfaces } = shown.rankInput().shown!;
  const count = surfaceColumns(surfaces);
  const columns = FEATURES.length + count;
  const placeOf = (e: number) => {
    const known = surfaces.indexOf(surfaceName(dataset, e)!);
    return known < 0 ? surfaces.length : known;
  };
  const train = withSurfaces(
    joined(groups.map(({ feature }) => feature)),
    groups.flatMap(({ surface }) => [...surface]),
    count,
  );
  const asked = withSurfaces(test, Array.from(scores.event, placeOf), count);
  const held = Uint8Array.from(groups.flatMap(perCandidate(({ user }) => Number(user % HELD_OUT === 0))));
  const groupOf = Uint32Array.from(groups.flatMap((of, g) => perCandidate(() => g)(of)));
  const nothing = new Float64Array(scores.event.length);
  const line: Record<FeedLabel, Float64Array> = { click: nothing, like: nothing, finish: nothing, skip: nothing };
  const [byLoss, byOrder] = [{ ...line }, { ...line }];
  let hasTrees = false;
  for (const name of FEED_LABELS) {
    const head = heads.indexOf(name);
    if (head < 0) continue;
    const label = Uint8Array.from(
      groups.flatMap((group) => perCandidate((of, c) => of.label[c * heads.length + head])(group)),
    );
    line[name] = logisticRegression(train, label, asked, { columns, ridge: RIDGE });
    const fitted = await boostedTrees({ train, test: asked, label, held, group: groupOf, columns, seed });
    hasTrees = fitted !== undefined;
    if (fitted) [byLoss[name], byOrder[name]] = [fitted.loss, fitted.order];
  }
  return { "logistic-regression": line, ...(hasTrees && { gbdt: byLoss, "gbdt-by-gauc": byOrder }) };
}

/** Rows with a 1 in the column of where each was shown. */
function withSurfaces(features: Float32Array, surface: readonly number[], count: number): Float32Array {
  const columns = FEATURES.length + count;
  const rows = new Float32Array(surface.length * columns);
  surface.forEach((place, i) => {
    rows.set(features.subarray(i * FEATURES.length, (i + 1) * FEATURES.length), i * columns);
    if (count > 0) rows[i * columns + FEATURES.length + place] = 1;
  });
  return rows;
}

function perCandidate(value: (group: ShownGroup, candidate: number) => number) {
  return (group: ShownGroup): number[] => Array.from(group.candidate, (_, c) => value(group, c));
}

function* tableRows(scores: TemporalScores, deep: boolean, seed: number): Iterable<Row> {
  const own = deep ? "heads" : "linear";
  for (const [label, table] of Object.entries(temporalTable(scores, seed))) {
    const id = `quality-kuairand-${NAMES[label as FeedLabel]}`;
    for (const [model, { gauc, oneSurface, auc }] of Object.entries(table.models)) {
      const about = { seed, ...(model === own ? {} : { variant: model }) };
      const note = `${table.people.toLocaleString("en-US")} people`;
      yield { id: `${id}-gauc`, unit: "GAUC", ...figure(gauc), ...about, ...(model === own && { note }) };
      if (oneSurface) yield { id: `${id}-gauc-one-surface`, unit: "GAUC", ...figure(oneSurface), ...about };
      yield { id: `${id}-auc`, unit: "AUC", ...figure(auc), ...about };
    }
    const compared = { gauc: table.differences, "gauc-one-surface": table.oneSurfaceDifferences ?? {} };
    for (const [name, differences] of Object.entries(compared)) {
      for (const [pair, difference] of Object.entries(differences)) {
        const [a, b] = pair.split(" - ");
        const about = { seed, ...(a === own ? {} : { variant: a }) };
        if (a === own || a === "deep")
          yield { id: `${id}-${name}-over-${b}`, unit: "GAUC", ...figure(difference), ...about };
      }
    }
  }
}

export function joined(blocks: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
