/** The surfaces that heads tell apart: those on which enough was shown to learn what is different there. */
import { MAX_SURFACES } from "../../shared/release.ts";
import { type Dataset, SURFACE_UNSAID } from "../read/dataset.ts";
import { isExposure } from "../read/feed-labels.ts";

/** Exposures without which a surface is one of the others. */
const LEAST_SHOWN = 300;

export interface ShownSurfaces {
  /** Those of most exposures first; none for a log that says none, or too little of each. */
  readonly names: readonly string[];
  /** Place of an event's surface among the names, the number after the last for any other. */
  placeOf(event: number): number;
}

/** @param from when what is learnt from begins, epoch ms */
export function shownSurfaces(dataset: Dataset, from: number): ShownSurfaces {
  const { surfaces = [], events } = dataset;
  const counts = surfaces.map(() => 0);
  events.surface?.forEach((surface, e) => {
    if (surface !== SURFACE_UNSAID && events.at[e] >= from && isExposure(dataset, e)) counts[surface]++;
  });
  const common = surfaces
    .map((name, surface) => ({ name, surface, count: counts[surface] }))
    .filter(({ count }) => count >= LEAST_SHOWN)
    .sort((a, b) => b.count - a.count || a.surface - b.surface)
    .slice(0, MAX_SURFACES);
  const place = new Map(common.map(({ surface }, at) => [surface, at]));
  const names = common.map(({ name }) => name);
  return { names, placeOf: (e) => place.get(events.surface?.[e] ?? SURFACE_UNSAID) ?? names.length };
}
