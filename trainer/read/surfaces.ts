/** Numbers where things were shown, so that an event needs one byte for it. */
import { type Dataset, SURFACE_UNSAID } from "./dataset.ts";

/** The part of a dataset that says where things were shown. */
export type WithSurfaces = Pick<Dataset, "surfaces" | "events">;

/** How many events are of each surface, as places in `surfaces`. */
function surfaceCounts({ surfaces = [], events }: WithSurfaces): number[] {
  const counts = surfaces.map(() => 0);
  for (const surface of events.surface ?? []) if (surface < counts.length) counts[surface]++;
  return counts;
}

/** What the event's surface is called. */
export function surfaceName({ surfaces, events }: WithSurfaces, e: number): string | null {
  return surfaces?.[events.surface?.[e] ?? SURFACE_UNSAID] ?? null;
}

export interface JoinedSurfaces {
  /** Those of most events first, of equally many by name; at most `SURFACE_UNSAID`. */
  readonly surfaces: readonly string[];
  /** Of an event of one of the parts. */
  surfaceOf(part: WithSurfaces, e: number): number;
}

/** Numbers the surfaces of several logs anew; undefined where none of them says any. */
export function joinSurfaces(parts: readonly WithSurfaces[]): JoinedSurfaces | undefined {
  if (parts.every(({ surfaces }) => surfaces === undefined)) return undefined;
  const counts = new Map<string, number>();
  for (const part of parts) {
    const own = surfaceCounts(part);
    part.surfaces?.forEach((name, s) => counts.set(name, (counts.get(name) ?? 0) + own[s]));
  }
  const surfaces = [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, SURFACE_UNSAID)
    .map(([name]) => name);
  const places = new Map(
    parts.map((part) => [
      part,
      part.surfaces?.map((name) => {
        const place = surfaces.indexOf(name);
        return place < 0 ? SURFACE_UNSAID : place;
      }),
    ]),
  );
  return {
    surfaces,
    surfaceOf: (part, e) => places.get(part)?.[part.events.surface?.[e] ?? SURFACE_UNSAID] ?? SURFACE_UNSAID,
  };
}
