/**
 * Carried evidence in the two forms it takes: as stored (categories by name, good for any release) and as the profile reads
 * it (categories by number of one release, sums in its space).
 */
import type { Carried } from "../../shared/carried.ts";
import type { Evidence } from "../../shared/posterior.ts";
import type { StoredCarried, StoredKnown, StoredSums } from "../storage/schema.ts";
import type { Held } from "./held.ts";
import { createKnownReader, knownOf } from "./known.ts";
import { mapEvidence, waysTo } from "./space-maps.ts";

/**
 * @param until epoch ms of the last event that went
 * @param knownBy what was known of the item of one of the carried signals, by event
 */
export function storedCarried(
  { taste, intent, signals, positives, content, recent }: Carried,
  { release, items }: Held,
  until: number,
  knownBy: (event: string) => StoredKnown,
): StoredCarried {
  const names = items.table.dictionaries.categories;
  return {
    version: 1,
    space: release.space,
    at: taste.at,
    until,
    taste: packed(taste),
    intent: packed(intent),
    signals,
    positives,
    categories: Array.from(content.category, (sum, c) => [names[c]!, sum, content.share[c]!] as const).filter(
      ([, sum, share]) => sum !== 0 || share !== 0,
    ),
    authors: [...content.author],
    recent: recent.map(({ event, item, at, target, confidence, repel, explicit, positivesAfter }) => ({
      signal: { event, item, at, target, confidence, repel, explicit },
      positivesAfter,
      known: knownBy(event),
    })),
  };
}

/** @returns undefined where no map takes its space to that of the release: the sums say nothing there */
export function readCarried(stored: StoredCarried, held: Held): Carried | undefined {
  const { release, items, maps = [] } = held;
  const way = waysTo(maps, release.space)(stored.space);
  const { length: dim } = stored.taste.pull;
  if (dim !== release.dim || !way?.every(({ map }) => map.length === dim ** 2)) return undefined;
  const sums = (packedSums: StoredSums) =>
    way.reduce((evidence, { map }) => mapEvidence(evidence, map), unpacked(packedSums, stored.at));
  const names = items.table.dictionaries.categories;
  const numbers = new Map(names.map((name, number) => [name, number]));
  const [category, share] = [new Float64Array(names.length), new Float64Array(names.length)];
  for (const [name, sum, part] of stored.categories) {
    const number = numbers.get(name);
    if (number === undefined) continue;
    category[number] = sum;
    share[number] = part;
  }
  const readKnown = createKnownReader(held);
  return {
    taste: sums(stored.taste),
    intent: sums(stored.intent),
    signals: stored.signals,
    positives: stored.positives,
    content: { category, share, author: new Map(stored.authors) },
    recent: stored.recent.flatMap(({ signal, positivesAfter, known }) => {
      const read = readKnown(knownOf(held, signal.item) ?? known);
      return read ? [{ ...signal, ...read, positivesAfter }] : [];
    }),
  };
}

function packed({ scatter, pull, weight }: Evidence): StoredSums {
  const d = pull.length;
  const triangle = new Float64Array((d * (d + 1)) / 2);
  for (let i = 0, at = 0; i < d; at += ++i) triangle.set(scatter.subarray(i * d, i * d + i + 1), at);
  return { scatter: triangle, pull: pull.slice(), weight };
}

function unpacked({ scatter: triangle, pull, weight }: StoredSums, at: number): Evidence {
  const d = pull.length;
  const scatter = new Float64Array(d * d);
  for (let i = 0, from = 0; i < d; from += ++i) scatter.set(triangle.subarray(from, from + i + 1), i * d);
  return { scatter, pull: pull.slice(), weight, at };
}
