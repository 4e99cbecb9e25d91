/**
 * A small random world: a catalogue with every column filled, the numbers of a release, and a person's log. Pure data,
 * made from a seed; nothing here computes what the code under test computes.
 */
import type { Event, EventType } from "../../../../shared/event.ts";
import type { KnownItem } from "../../../../shared/interest.ts";
import type { Dictionaries, ItemColumns } from "../../../../shared/item-columns.ts";
import type { ScoringModel } from "../../../../shared/model.ts";
import type { LoggedEvent } from "../../../../shared/profile.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { createChance, shuffled } from "./random.ts";
import type { Chance } from "./random.ts";

export interface WorldSize {
  readonly items: number;
  readonly dim: number;
  readonly categories: number;
  readonly events: number;
}

export interface World {
  readonly chance: Chance;
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  readonly ids: readonly string[];
  readonly model: ScoringModel;
  /** What a device knows of each row once it got a signal. */
  readonly known: readonly KnownItem[];
  /** In the order of (at, id). */
  readonly log: readonly LoggedEvent[];
  /** A while after the last event. */
  readonly now: number;
  /** The next event, later than all before. */
  event(type: EventType, row: number, more?: object): LoggedEvent;
}

export const SMALL_WORLD: WorldSize = { items: 40, dim: 8, categories: 5, events: 30 };

const START_MS = 1_700_000_000_000;
const MS_PER_DAY = 86_400_000;
const NEIGHBOURS = 6;
const LISTS = 4;
const TOLD: readonly EventType[] = [
  "impression",
  "view",
  "click",
  "like",
  "like",
  "like",
  "save",
  "skip",
  "skip",
  "dislike",
  "hide",
  "rating",
];

export function createWorld(seed: number, size: Partial<WorldSize> = {}): World {
  const { items, dim, categories, events } = { ...SMALL_WORLD, ...size };
  const chance = createChance(seed);
  const ids = Array.from({ length: items }, (_, row) => `item-${row}`);
  const columns = randomColumns(items, dim, categories, chance);
  const vectors = Array.from({ length: items }, (_, row) =>
    Float32Array.from({ length: dim }, (_, j) => columns.vectors[row * dim + j]! * columns.scale[row]!),
  );
  const known = vectors.map((vector, row): KnownItem => {
    const from = columns.categoryStart[row];
    const to = columns.categoryStart[row + 1];
    return {
      vector,
      categories: columns.category.slice(from, to),
      author: columns.author[row]!,
      neighbours: shuffled(items, chance)
        .slice(0, NEIGHBOURS)
        .map((each) => [ids[each]!, chance.uniform()] as const),
    };
  });
  let clock = START_MS;
  let serial = 0;
  const event = (type: EventType, row: number, more: object = {}): LoggedEvent => {
    clock += chance.integer(MS_PER_DAY / 4);
    const id = String(serial++).padStart(26, "0");
    const told = { id, type, item: ids[row]!, at: clock, list: `list-${chance.integer(LISTS)}`, ...more };
    return { event: told as Event, known: known[row]! };
  };
  const log = Array.from({ length: events }, () => {
    const type = chance.pick(TOLD);
    const fraction = type === "view" ? { dwellMs: 1_000, fraction: chance.uniform() } : {};
    const value = type === "rating" ? { value: 0.5 + chance.integer(10) / 2 } : {};
    return event(type, chance.integer(items), { ...fraction, ...value });
  });
  return {
    chance,
    columns,
    dictionaries: {
      categories: Array.from({ length: categories }, (_, c) => `category-${c}`),
      languages: ["de", "en"],
      regions: ["AT", "NZ", "PE"],
    },
    ids,
    model: randomModel(vectors, dim, categories, chance),
    known,
    log,
    now: clock + chance.integer(10 * MS_PER_DAY),
    event,
  };
}

/** Every kind of item is there: without categories, without author, of unknown age and length, with a zero vector. */
function randomColumns(items: number, dim: number, categories: number, chance: Chance): ItemColumns {
  const sometimes = (value: () => number) => (chance.uniform() < 0.2 ? 0 : value());
  const fill = <A extends { [i: number]: number; length: number }>(column: A, value: () => number): A => {
    for (let i = 0; i < column.length; i++) column[i] = value();
    return column;
  };
  const ragged = (below: number, most: number) => {
    const lists = Array.from({ length: items }, () => {
      const all = Array.from({ length: chance.integer(most + 1) }, () => chance.integer(below));
      return [...new Set(all)];
    });
    const start = new Uint32Array(items + 1);
    lists.forEach((list, row) => (start[row + 1] = start[row]! + list.length));
    return { start, values: Uint16Array.from(lists.flat()) };
  };
  const category = ragged(categories, 3);
  const region = ragged(3, 2);
  const vectors = fill(new Int8Array(items * dim), () => chance.integer(255) - 127);
  if (items > 2) vectors.fill(0, dim, 2 * dim);
  return {
    size: items,
    dim,
    vectors,
    scale: fill(new Float32Array(items), () => 0.002 + 0.01 * chance.uniform()),
    popularity: fill(new Float32Array(items), () => sometimes(() => 500 * chance.uniform())),
    appeal: fill(new Float32Array(3 * items), () => 2 * chance.uniform() - 1).map((value, at) =>
      at % 15 < 3 ? 0 : value,
    ),
    uncertainty: fill(new Float32Array(items), () => chance.uniform()),
    history: fill(new Uint32Array(items), () => sometimes(() => chance.integer(500))),
    publishedAt: fill(new Uint32Array(items), () => sometimes(() => 27_000_000 + chance.integer(1_500_000))),
    author: fill(new Uint32Array(items), () => sometimes(() => 1 + chance.integer(6))),
    duration: fill(new Uint16Array(items), () => sometimes(() => chance.integer(7_200))),
    language: fill(new Uint8Array(items), () => chance.integer(3)),
    categoryStart: category.start,
    category: category.values,
    regionStart: region.start,
    region: region.values,
  };
}

function randomModel(vectors: readonly Float32Array[], dim: number, categories: number, chance: Chance): ScoringModel {
  const gram = new Float32Array(dim * dim);
  for (let a = 0; a < dim; a++) {
    for (let b = 0; b < dim; b++) gram[a * dim + b] = vectors.reduce((sum, v) => sum + v[a]! * v[b]!, 0);
  }
  const between = (from: number, to: number) => from + (to - from) * chance.uniform();
  const mayBeNull = (value: number) => (chance.uniform() < 0.2 ? null : value);
  return {
    release: "0".repeat(32),
    space: "test-space",
    dim,
    profile: {
      alpha: between(0.01, 0.5),
      lambda: between(0.01, 0.5),
      nu: between(0, 1),
      catalogueSize: Math.max(1, vectors.length),
      taste: { halfLifePositives: mayBeNull(between(5, 50)), halfLifeMs: mayBeNull(between(5, 90) * MS_PER_DAY) },
      intent: { halfLifePositives: between(0.5, 5), halfLifeMs: mayBeNull(between(0.1, 5) * MS_PER_DAY) },
    },
    signals: DEFAULT_SIGNALS,
    linear: {
      taste: between(0.5, 1.5),
      intent: between(0.1, 1),
      neighbour: between(0.1, 1),
      neighbourHalfLifePositives: mayBeNull(between(1, 8)),
      content: between(0.1, 1),
      popularity: between(0.1, 1),
      popularityMax: Math.log1p(500),
      appeal: { click: between(0, 1), like: between(0, 1), finish: between(0, 1) },
      skip: between(0.1, 1),
      skipHalfLifePositives: mayBeNull(between(1, 8)),
      skipHalfLifeMs: mayBeNull(between(0.5, 5) * MS_PER_DAY),
      adjustment: between(0.5, 2),
      deviation: between(0.1, 0.5),
    },
    selection: { diversity: 0.3 },
    uncertainty: { sigma: between(0.1, 1), rhoSquared: between(0.1, 1) },
    heads: null,
    gram,
    categoryWeight: Float32Array.from({ length: categories }, () => between(0.5, 5)),
  };
}
