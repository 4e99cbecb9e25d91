/** What a release's graphs say of exposures, each on the surface that it was shown on. */
import type { Interest } from "../../shared/interest.ts";
import type { ItemTable } from "../../shared/item-table.ts";
import type { LinearScores } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { type DeepModel, deepLogits } from "../../shared/rank.ts";
import { surfaceName, type WithSurfaces } from "../read/surfaces.ts";
import { usualMoment } from "./usual-moment.ts";

export interface ExposureRows {
  readonly dataset: WithSurfaces;
  /** Exposures, as positions in the dataset. */
  readonly events: readonly number[];
  /** Row of each in the table. */
  readonly rows: ArrayLike<number>;
  readonly table: ItemTable;
  readonly interest: Interest;
  readonly linear: LinearScores;
}

/** No surface has this name: so a model takes it for one of those that it does not tell apart. */
const OTHER = "";

/**
 * @returns `[exposures, heads]`
 * @throws NearfeedError `bad_release` as {@link deepLogits}
 */
export async function exposureLogits(
  { dataset, events, rows, table, interest, linear }: ExposureRows,
  model: ScoringModel,
  deep: DeepModel,
): Promise<Float32Array> {
  const heads = model.heads?.names.length ?? 0;
  const surfaces = model.heads?.surfaces;
  const logits = new Float32Array(events.length * heads);
  const placesOn = new Map<string, number[]>();
  events.forEach((e, place) => {
    const named = surfaceName(dataset, e) ?? OTHER;
    const surface = surfaces === undefined ? usualMoment(model).surface : surfaces.includes(named) ? named : OTHER;
    const places = placesOn.get(surface);
    if (places) places.push(place);
    else placesOn.set(surface, [place]);
  });
  for (const [surface, places] of placesOn) {
    const own = places.map((place) => rows[place]);
    const moment = { surface, utcOffsetMinutes: 0 };
    const values = await deepLogits(table, own, interest, linear, model, { deep, moment });
    places.forEach((place, i) => logits.set(values.subarray(i * heads, (i + 1) * heads), place * heads));
  }
  return logits;
}
