/**
 * A made-up world in which the truth is known: who likes what, by planted tastes, and how much an item is worth to all. Nothing
 * of it is told to what is measured but what a log and a catalogue would tell.
 */
import type { Item } from "../../shared/item.ts";
import { below, createRandom, normal } from "../../trainer/math/random.ts";

export interface WorldSize {
  readonly people: number;
  /** That have been there for long. */
  readonly old: number;
  /** That come on the first day, without any history. */
  readonly fresh: number;
}

export interface World extends WorldSize {
  /** The old ones, then the new ones; ids sort in this order. */
  readonly items: readonly Item[];
  /** How likely person p likes item i when it is shown, 0–1. */
  chance(person: number, item: number): number;
  /** Whether p likes i: the same answer whenever and by whomever it is asked. */
  likes(person: number, item: number): boolean;
}

/** Kinds of things; a catalogue's category tells the kind, and nothing else of an item. */
const KINDS = 12;
const DIM = 8;
/** How far an item is from the middle of its kind, and a person from the middle of what they like. */
const ITEM_SPREAD = 0.6;
const PERSON_SPREAD = 0.4;
/** Standard deviation of what items are worth to all, in logits, and the logit of a middling one that suits not at all. */
const WORTH = 1;
const MIDDLING = -3;
/** What suiting entirely adds. */
const SUITS = 4.4;

/** New items are published on this day. */
export const FIRST_DAY_MS = Date.UTC(2026, 0, 1);

export function createWorld(size: WorldSize, seed: number): World {
  const random = createRandom(seed);
  const vector = (around: readonly number[], spread: number) => around.map((value) => value + spread * normal(random));
  const origin = Array.from({ length: DIM }, () => 0);
  const middles = Array.from({ length: KINDS }, () => unit(vector(origin, 1)));
  const count = size.old + size.fresh;
  const kinds = Array.from({ length: count }, (_, i) => i % KINDS);
  const vectors = kinds.map((kind) => unit(vector(middles[kind]!, ITEM_SPREAD / Math.sqrt(DIM))));
  const worth = kinds.map(() => WORTH * normal(random));
  const tastes = Array.from({ length: size.people }, () => {
    const [a, b] = [below(random, KINDS), below(random, KINDS)];
    const both = middles[a]!.map((value, j) => value + middles[b]![j]!);
    return unit(vector(unit(both), PERSON_SPREAD / Math.sqrt(DIM)));
  });
  const draws = Array.from({ length: size.people }, () => Float64Array.from({ length: count }, random));
  const chance = (person: number, item: number) => {
    const suits = tastes[person]!.reduce((sum, value, j) => sum + value * vectors[item]![j]!, 0);
    return 1 / (1 + Math.exp(-(MIDDLING + SUITS * Math.max(0, suits) + worth[item]!)));
  };
  return {
    ...size,
    items: kinds.map((kind, i): Item => ({
      id: `item-${String(i).padStart(5, "0")}`,
      categories: [`kind-${String(kind).padStart(2, "0")}`],
      ...(i >= size.old && { publishedAt: FIRST_DAY_MS }),
    })),
    chance,
    likes: (person, item) => draws[person]![item]! < chance(person, item),
  };
}

function unit(vector: readonly number[]): number[] {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}
