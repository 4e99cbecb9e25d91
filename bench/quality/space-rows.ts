/**
 * What the refined space of a deep release keeps of the factorised one: lists made from vectors alone, in either space, and
 * from a profile whose every event was carried over by a space map.
 */
import { gatherVectors } from "../../shared/item-columns.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { mapVector } from "../../shared/space-map-file.ts";
import { createBootstrap, type PersonSums } from "../../trainer/evaluate/bootstrap.ts";
import { targetMetrics } from "../../trainer/evaluate/metrics.ts";
import { replay } from "../../trainer/evaluate/replay.ts";
import { type Assembly, forItems } from "../../trainer/items/assemble.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import type { Dataset } from "../../trainer/read/dataset.ts";
import { type OpenedRelease, openRelease } from "../../trainer/release/open-release.ts";
import { fitSpaceMap } from "../../trainer/release/space-map.ts";
import { splitLast } from "../../trainer/split/split.ts";
import type { Row } from "../schema.ts";
import { figure, rounded } from "./change-rows.ts";

/** Of the profiles compared, the same in both spaces: each release has tuned its own to all parts of its score together. */
const HALF_LIFE_POSITIVES = 5;

export interface SpaceRowsOptions {
  readonly dataset: Dataset;
  /** Events of each person that no release was trained on. */
  readonly holdout: number;
  /** Release folders of the same log: the linear floor alone, and the one with the deep floor. */
  readonly factorised: string;
  readonly refined: string;
  readonly seed: number;
}

export async function* spaceRows(name: string, options: SpaceRowsOptions): AsyncIterable<Row> {
  const { dataset, holdout, seed } = options;
  const [before, after] = [await openRelease(options.factorised), await openRelease(options.refined)];
  const ranges = splitLast(dataset, holdout).test;
  const foldIn = (release: OpenedRelease, assembly: Assembly) => foldInNdcg(dataset, release, assembly, ranges);
  const factorised = await foldIn(before, before.assembly);
  const rebuilt = await foldIn(after, after.assembly);
  const carried = await foldIn(after, carriedOver(before.assembly, after.assembly));
  const { estimate, ratio } = createBootstrap([factorised, rebuilt, carried], seed);
  const kept = ratio(rebuilt, factorised);
  const loss = { mean: 1 - kept.mean, low: 1 - kept.high, high: 1 - kept.low };
  const note = `NDCG@10 of vectors alone: ${[factorised, rebuilt, carried].map((each) => rounded(estimate(each).mean)).join(", ")}`;
  yield { id: `quality-${name}-fold-in-loss`, unit: "of 1", ...figure(loss), seed, note };
  yield { id: `quality-${name}-space-map-kept`, unit: "of 1", ...figure(ratio(carried, rebuilt)), seed, note };
}

/** NDCG@10 by person of the vectors nearest to the profile. */
async function foldInNdcg(
  dataset: Dataset,
  { model }: OpenedRelease,
  assembly: Assembly,
  ranges: ReturnType<typeof splitLast>["test"],
): Promise<PersonSums> {
  const { foldIn } = await replay({
    dataset,
    signals: eventSignals(dataset, model.signals),
    assembly: forItems(assembly, dataset.items),
    ranges,
    model: {
      ...model,
      profile: { ...model.profile, taste: { halfLifePositives: HALF_LIFE_POSITIVES, halfLifeMs: null } },
    },
    scorers: { foldIn: (_, __, { taste }) => taste },
  });
  return targetMetrics(foldIn).ndcg;
}

/** The next release, as it scores the profile of a device that holds none of its items: events have mapped vectors. */
function carriedOver(previous: Assembly, next: Assembly): Assembly {
  const { columns, ids } = next.table;
  const { map } = fitSpaceMap(previous, next)!;
  const old = gatherVectors(
    previous.table.columns,
    ids.map((id) => previous.table.rowOf.get(id)!),
  );
  const mapped = ids.map((_, row) => mapVector(old.subarray(row * columns.dim, (row + 1) * columns.dim), map));
  const { vectors, scale } = quantizeRows(
    mapped.flatMap((vector) => [...vector]),
    columns.dim,
  );
  // Events are read from the columns; lists are scored by the scan, which keeps the new vectors.
  return { ...next, table: { ...next.table, columns: { ...columns, vectors, scale } } };
}
