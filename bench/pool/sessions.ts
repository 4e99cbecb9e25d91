/** A pool over sessions: what share of the best items it has as a person goes on, and how often it is fetched for that. */
import { reasonToFetch } from "../../client-sdk/engine/pool-rules.ts";
import type { PoolAim } from "../../client-sdk/engine/pool-rules.ts";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { dot } from "../../shared/linear-algebra.ts";
import { topK } from "../../shared/top-k.ts";
import { observer } from "../inversion/people.ts";
import type { World } from "../inversion/people.ts";

export interface Sessions {
  /** Share of the best 100 for taste and intent, as the linear score weighs them, that the pool has; mean over likes. */
  readonly recall: number;
  /** Fetches a like after the first one. */
  readonly fetches: number;
  /** Cells a fetch asks for. */
  readonly cells: number;
}

const BEST = 100;

/** @param likes of each person that lists are made after, from the least number that anything is fetched for */
export function poolSessions(world: World, people: number, likes: number): Sessions {
  const { assembly, cells } = world;
  const { linear } = world.model;
  const observe = observer(world);
  const n = assembly.table.columns.size;
  const vectors = Array.from({ length: n }, (_, row) => dequantize(assembly.table.columns, row));
  const cellOf = new Uint32Array(n);
  for (let cell = 0; cell < cells.scale.length; cell++) {
    cellOf.fill(cell, cells.cellStart[cell], cells.cellStart[cell + 1]);
  }
  let [found, moments, fetches, fetched] = [0, 0, 0, 0];
  for (const person of world.people.slice(0, people)) {
    const held = new Set<number>();
    let then: PoolAim | undefined;
    for (let count = LEAST_POSITIVES; count < LEAST_POSITIVES + likes; count++) {
      const { queries, cells: chosen } = observe(person.slice(0, count));
      const [taste, intent] = queries as [Float64Array, Float64Array];
      const query = taste.map((value, j) => linear.taste * value + linear.intent * intent[j]!);
      const aim = { query, at: 0, unseen: 1 };
      if (!then || reasonToFetch(then, aim)) {
        if (then) fetches++;
        then = aim;
        fetched += chosen.filter((cell) => !held.has(cell)).length;
        for (const cell of chosen) held.add(cell);
      }
      const scores = Float64Array.from(vectors, (vector) => dot(vector, query));
      for (const row of topK(scores, BEST)) if (held.has(cellOf[row]!)) found++;
      moments++;
    }
  }
  const first = Math.min(people, world.people.length);
  return { recall: found / (moments * BEST), fetches: fetches / (moments - first), cells: fetched / (fetches + first) };
}
