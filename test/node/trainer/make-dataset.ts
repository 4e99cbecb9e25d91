/** Small datasets written down as "user: item item …", for tests that know the right answer. */
import { EVENT_TYPES, type EventType } from "../../../shared/event.ts";
import type { Item } from "../../../shared/item.ts";
import type { Dataset } from "../../../trainer/read/dataset.ts";
import { below, createRandom, shuffle } from "../../../trainer/math/random.ts";

const MINUTE_MS = 60_000;

/** Events of one user in order, as item ids; each is a like unless another kind is given. */
export function makeDataset(
  histories: Readonly<Record<string, readonly string[]>>,
  items: readonly Item[] = [],
  type: EventType = "like",
): Dataset {
  const users = Object.keys(histories).sort();
  const known = new Map(items.map((item) => [item.id, item]));
  const ids = [...new Set([...known.keys(), ...Object.values(histories).flat()])].sort();
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const start = new Uint32Array(users.length + 1);
  users.forEach((user, u) => (start[u + 1] = start[u] + histories[user].length));
  const item = Uint32Array.from(users.flatMap((user) => histories[user].map((id) => rowOf.get(id)!)));
  const n = item.length;
  return {
    name: "made",
    users,
    items: ids.map((id) => known.get(id) ?? { id, categories: [] }),
    timed: true,
    ordered: true,
    events: {
      start,
      item,
      at: Float64Array.from(users.flatMap((user) => histories[user].map((_, i) => (i + 1) * MINUTE_MS))),
      kinds: new Uint16Array(n).fill(1 << EVENT_TYPES.indexOf(type)),
      value: new Float32Array(n).fill(NaN),
      dwellMs: new Float32Array(n).fill(NaN),
      fraction: new Float32Array(n).fill(NaN),
    },
  };
}

/** Two genres of which each user likes one and walks through it in order, with a random start. */
export function twoTastes(users: number, perGenre: number, length: number, seed: number): Dataset {
  const random = createRandom(seed);
  const items = ["red", "blue"].flatMap((genre) =>
    Array.from({ length: perGenre }, (_, i): Item => ({
      id: `${genre}${String(i).padStart(3, "0")}`,
      categories: [genre],
      title: `${genre} film ${i}`,
    })),
  );
  const histories = Array.from({ length: users }, (_, u) => {
    const from = below(random, perGenre);
    const offset = (u % 2) * perGenre;
    return [
      `u${String(u).padStart(3, "0")}`,
      Array.from({ length }, (_, i) => items[offset + ((from + i) % perGenre)].id),
    ] as const;
  });
  return makeDataset(Object.fromEntries(histories), items);
}

/** Series of forty items each; every user meets eight of each of two, in an order of their own. */
export function inSeries(users: number, count: number, seed: number): Dataset {
  const random = createRandom(seed);
  const names = Array.from({ length: count }, (_, s) => `series${s}`);
  const episodes = (name: string) => Array.from({ length: 40 }, (_, i) => `${name}-${String(i).padStart(2, "0")}`);
  const some = <T>(all: T[], length: number) => shuffle(all, random).slice(0, length);
  const histories = Array.from({ length: users }, (_, u) => [
    `u${String(u).padStart(4, "0")}`,
    some([...names], 2).flatMap((name) => some(episodes(name), 8)),
  ]);
  const items = names.flatMap((name) => episodes(name).map((id): Item => ({ id, categories: [name] })));
  return makeDataset(Object.fromEntries(histories), items);
}
