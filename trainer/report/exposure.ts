/**
 * What lists show of the catalogue: how the places of lists are spread over popular and rare items, held against how what
 * people liked is spread, and how many different items are shown at all.
 */
import { popularityScores } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { topK } from "../../shared/top-k.ts";
import { LIST_LENGTH } from "../evaluate/metrics.ts";
import type { Assembly } from "../items/assemble.ts";
import { median } from "./data-profile.ts";
import type { ScoredList } from "./scored-lists.ts";

/** Items that share a tenth of everything that was liked, from the most popular ones on. */
export interface PopularityTenth {
  readonly items: number;
  /** Part of the places of the lists that are shown. */
  readonly shown: number;
  /** Part of the held-out likes that these lists are for. */
  readonly liked: number;
}

export interface Coverage {
  /** Whose lists of ten. */
  readonly list: "shown" | "by score" | "popularity";
  /** Different items on them. */
  readonly items: number;
  /** Of the catalogue. */
  readonly share: number;
  /** How many people had met the item on a place, median of the places. */
  readonly medianPeople: number;
}

export interface ExposureFigures {
  readonly lists: number;
  readonly tenths: readonly PopularityTenth[];
  readonly coverage: readonly Coverage[];
}

const TENTHS = 10;

export interface ExposureGatherer {
  add(list: ScoredList): void;
  figures(): ExposureFigures;
}

export function gatherExposure({ table }: Pick<Assembly, "table">, model: ScoringModel): ExposureGatherer {
  const { columns } = table;
  const tenthOf = popularityTenths(columns.popularity);
  const popular = popularityScores(table, model.linear);
  const lists = ["shown", "by score", "popularity"] as const;
  const places: Record<Coverage["list"], number[]> = { shown: [], "by score": [], popularity: [] };
  const liked: number[] = [];
  let count = 0;
  return {
    add({ moment: { seen }, target, shown, best }) {
      count++;
      places.shown.push(...shown);
      places["by score"].push(...best);
      places.popularity.push(
        ...topK(
          popular.map((score, row) => (seen[row] ? -Infinity : score)),
          LIST_LENGTH,
        ),
      );
      if (target >= 0) liked.push(target);
    },
    figures: () => ({
      lists: count,
      tenths: Array.from({ length: TENTHS }, (_, tenth) => ({
        items: tenthOf.reduce((sum, of) => sum + Number(of === tenth), 0),
        shown: shareIn(places.shown, tenthOf, tenth),
        liked: shareIn(liked, tenthOf, tenth),
      })),
      coverage: lists.map((list) => ({
        list,
        items: new Set(places[list]).size,
        share: new Set(places[list]).size / columns.size,
        medianPeople: median(places[list].map((row) => columns.history[row]).sort((a, b) => a - b)),
      })),
    }),
  };
}

/** The tenth of all likes, 0 the most popular, that each item belongs to. `[n]` */
export function popularityTenths(popularity: ArrayLike<number>): Uint8Array {
  const order = Uint32Array.from(popularity, (_, row) => row).sort((a, b) => popularity[b] - popularity[a] || a - b);
  const total = order.reduce((sum, row) => sum + popularity[row], 0);
  const tenthOf = new Uint8Array(order.length);
  let before = 0;
  for (const row of order) {
    tenthOf[row] = total === 0 ? 0 : Math.min(TENTHS - 1, Math.floor((TENTHS * before) / total));
    before += popularity[row];
  }
  return tenthOf;
}

function shareIn(rows: readonly number[], tenthOf: Uint8Array, tenth: number): number {
  if (rows.length === 0) return 0;
  return rows.reduce((sum, row) => sum + Number(tenthOf[row] === tenth), 0) / rows.length;
}
