/** Numbers where things were shown, so that an event needs one byte for it. */
import { type Dataset, SURFACE_UNSAID } from "./dataset.ts";

/** Name of each event's surface; null where the log does not say. */
export type SurfaceNames = readonly (string | null)[];

export interface NumberedSurfaces {
  /** Those of most events first, of equally many by name; at most `SURFACE_UNSAID`. */
  readonly surfaces: readonly string[];
  /** Of each event, see `Events.surface`. */
  readonly surface: Uint8Array;
}

/** Undefined where no event says. */
export function numberSurfaces(names: SurfaceNames): NumberedSurfaces | undefined {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return undefined;
  const surfaces = [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, SURFACE_UNSAID)
    .map(([name]) => name);
  const placeOf = new Map(surfaces.map((name, place) => [name, place]));
  const surface = Uint8Array.from(names, (name) => (name === null ? undefined : placeOf.get(name)) ?? SURFACE_UNSAID);
  return { surfaces, surface };
}

/** What the event's surface is called. */
export function surfaceName({ surfaces, events }: Pick<Dataset, "surfaces" | "events">, e: number): string | null {
  return surfaces?.[events.surface?.[e] ?? SURFACE_UNSAID] ?? null;
}
