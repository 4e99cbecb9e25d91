/**
 * Made-up people with tastes that nobody was told: each loves two genres that are seldom in one film, and of these only the
 * films that have a charm of their own. Which those are can be learnt from what people do, and from nothing else.
 */
import { createHash } from "node:crypto";
import type { Item } from "../../../shared/item.ts";
import { seeded } from "../../harness/small-release.ts";

export interface Person {
  /** Names the person's database in the browser. */
  readonly name: string;
  readonly seed: number;
  /** Ids of the films that this person would like, what most would find first. */
  readonly wanted: readonly string[];
}

/** The genres that go together, by group of people. */
const GROUPS = [
  ["Horror", "Children"],
  ["Documentary", "Fantasy"],
  ["War", "Animation"],
  ["Musical", "Sci-Fi"],
] as const;

/** Films that have charm for a group. */
const WANTED = 40;

/** People that a group has at least: what nobody else likes cannot be learnt. */
const LEAST_GROUP = 7;

/** @param items the catalogue */
export function makePeople(count: number, seed: number, items: readonly Item[]): Person[] {
  const random = seeded(seed);
  const groups = GROUPS.slice(0, Math.max(1, Math.floor(count / LEAST_GROUP)));
  const wantedBy = groups.map((genres) =>
    items
      .filter(({ categories }) => genres.some((genre) => categories.includes(genre)))
      .map(({ id }) => id)
      .sort((a, b) => drawn(a, seed) - drawn(b, seed))
      .slice(0, WANTED),
  );
  return Array.from({ length: count }, (_, i) => ({
    name: `person-${i}`,
    seed: Math.floor(random() * 2 ** 31),
    wanted: wantedBy[i % groups.length]!,
  }));
}

/** A number of an id, drawn by the seed. */
export function drawn(id: string, seed: number): number {
  return createHash("sha256").update(`${seed} ${id}`).digest().readUInt32BE();
}
