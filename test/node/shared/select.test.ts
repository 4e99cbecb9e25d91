import * as fc from "fast-check";
import { expect, test } from "vitest";
import { categoryShares, createCalibration } from "../../../shared/calibration.ts";
import { CAP_WINDOW } from "../../../shared/caps.ts";
import type { ItemTable } from "../../../shared/item-table.ts";
import { select } from "../../../shared/select.ts";
import type { SelectOptions } from "../../../shared/select.ts";
import { scored, tableOf } from "./support/scored.ts";
import { shuffled } from "./support/random.ts";
import { categoriesOf, cosine, vectorOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

const DEVIATION = 0.5;
/** At diversity 1, in deviations. */
const [LIKENESS_COST, MEAN_COST, CALIBRATION_COST] = [4, 30, 5];
/** Items in the person's own shares that a list is thought to begin with. */
const IMAGINED = 10;

/** Candidates of a world in a random order, best first, with falling scores. */
function candidates(world: World, among = world.ids.length) {
  const rows = shuffled(world.ids.length, world.chance).slice(0, among);
  const scores = rows.map(() => DEVIATION * world.chance.normal()).sort((a, b) => b - a);
  return { table: tableOf(world), rows, scores };
}

/** Positions chosen by score and likeness alone. */
function diversify(
  table: ItemTable,
  rows: readonly number[],
  scores: readonly number[],
  count: number,
  options: Omit<SelectOptions, "count">,
): number[] {
  return select(table, rows, scores, { count, ...options }).map(({ position }) => position);
}

/** Half the vectors' cosine, half the Jaccard index of the categories. */
function likeness(world: World, a: number, b: number): number {
  const [ofA, ofB] = [new Set(categoriesOf(world, a)), new Set(categoriesOf(world, b))];
  const shared = [...ofA].filter((category) => ofB.has(category)).length;
  const overlap = shared === 0 ? 0 : shared / new Set([...ofA, ...ofB]).size;
  return 0.5 * Math.max(0, cosine(vectorOf(world, a), vectorOf(world, b))) + 0.5 * overlap;
}

/** What counts of mean and mix at a place: all from the tenth on, the later the lower the dial. */
function later(place: number, diversity: number): number {
  return Math.min(1, place / 10) ** (3 * (1 - diversity));
}

test("each next item is the one of the largest marginal relevance, computed from scratch", () => {
  const any = fc.tuple(fc.integer(), fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 0.2, 0.5, 1), fc.boolean());
  fc.assert(
    fc.property(any, ([seed, categories, diversity, isKnown]) => {
      const world = createWorld(seed, { items: 60, categories, events: 0 });
      const { table, rows, scores } = candidates(world);
      const alike = rows.map((a) => rows.map((b) => likeness(world, a, b)));
      const near = rows.map((a) => rows.map((b) => cosine(vectorOf(world, a), vectorOf(world, b))));
      // Of somebody unknown there are no shares, and what all are like costs nothing.
      const shares = isKnown ? new Float64Array(categories).fill(1 / categories) : undefined;
      const got = diversify(table, rows, scores, 15, { diversity, deviation: DEVIATION, shares });
      expect(got).toHaveLength(15);
      const mix = shares && createCalibration(table, shares);
      got.forEach((choice, n) => {
        const chosen = got.slice(0, n);
        const unit = diversity * DEVIATION;
        const relevance = (i: number) => {
          const likest = Math.max(0, ...chosen.map((other) => alike[other]![i]!));
          const mean = chosen.reduce((sum, other) => sum + near[other]![i]!, 0) / Math.max(1, n);
          const spread = mix ? MEAN_COST * mean - CALIBRATION_COST * mix.gain(rows[i]!) : 0;
          return scores[i]! - unit * (LIKENESS_COST * likest + later(n, diversity) * spread);
        };
        const left = [...rows.keys()].filter((i) => !chosen.includes(i));
        // float32 unit vectors may swap two that are equal to the seventh digit.
        expect(left).toContain(choice);
        expect(relevance(choice)).toBeGreaterThanOrEqual(Math.max(...left.map(relevance)) - 1e-6);
        mix?.follow(rows[choice]!);
      });
    }),
    { numRuns: 40 },
  );
});

test("candidates too deep to be worth their variety are left alone", () => {
  const { table, rows, scores } = candidates(createWorld(4, { items: 200, events: 0 }));
  const got = diversify(table, rows, scores, 20, { diversity: 1, deviation: 100 });
  expect(Math.max(...got)).toBeLessThan(100);
  expect(Math.max(...got)).toBeGreaterThan(30);
});

test("at dial 0 the order is that of the scores", () => {
  const { table, rows, scores } = candidates(createWorld(1));
  const got = diversify(table, rows, scores, 12, { diversity: 0, deviation: DEVIATION });
  expect(got).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

test("nothing is chosen twice and never more than was asked for or is there", () => {
  const world = createWorld(2);
  const any = fc.record({
    count: fc.integer({ min: 0, max: 60 }),
    among: fc.integer({ min: 0, max: 40 }),
    diversity: fc.constantFrom(0, 0.3, 1),
  });
  fc.assert(
    fc.property(any, ({ count, among, diversity }) => {
      const { table, rows, scores } = candidates(world, among);
      const got = diversify(table, rows, scores, count, { diversity, deviation: DEVIATION });
      expect(got).toHaveLength(Math.min(count, among));
      expect(new Set(got).size).toBe(got.length);
      expect(got.every((position) => position >= 0 && position < among)).toBe(true);
      if (count > 0 && among > 0) expect(got[0], "the best is always first").toBe(0);
    }),
  );
});

test("a list goes on from what is shown as it would have gone on by itself", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, already) => {
      const { table, rows, scores } = candidates(createWorld(seed, { events: 0 }));
      const options = { diversity: 0.5, deviation: DEVIATION, place: 0 };
      const whole = diversify(table, rows, scores, 12, options).map((position) => rows[position]!);
      const shown = whole.slice(0, already);
      const left = rows
        .map((row, position) => ({ row, score: scores[position]! }))
        .filter(({ row }) => !shown.includes(row));
      const leftRows = left.map(({ row }) => row);
      const leftScores = left.map(({ score }) => score);
      const rest = diversify(table, leftRows, leftScores, 12 - already, { ...options, place: already, shown });
      expect(rest.map((position) => leftRows[position]!)).toEqual(whole.slice(already));
    }),
  );
});

test("scores and deviation in another unit, or scores moved by a constant, give the same choice", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0.25, 8, 1024), (seed, unit) => {
      const { table, rows, scores } = candidates(createWorld(seed, { events: 0 }));
      const choice = (values: number[], deviation: number) =>
        diversify(table, rows, values, 15, { diversity: 0.5, deviation });
      const was = choice(scores, DEVIATION);
      expect(
        choice(
          scores.map((score) => score * unit),
          DEVIATION * unit,
        ),
      ).toEqual(was);
      expect(
        choice(
          scores.map((score) => score + 16),
          DEVIATION,
        ),
      ).toEqual(was);
    }),
  );
});

test("turned up, the dial makes lists less alike on average and costs score", () => {
  const dials = [0, 0.25, 0.5, 1];
  const alike = dials.map(() => 0);
  const worth = dials.map(() => 0);
  for (let seed = 0; seed < 30; seed++) {
    const world = createWorld(seed, { items: 60, events: 0 });
    const { table, rows, scores } = candidates(world);
    dials.forEach((diversity, dial) => {
      const chosen = diversify(table, rows, scores, 10, { diversity, deviation: DEVIATION });
      for (const a of chosen) for (const b of chosen) if (a < b) alike[dial]! += likeness(world, rows[a]!, rows[b]!);
      for (const each of chosen) worth[dial]! += scores[each]!;
    });
  }
  for (let dial = 1; dial < dials.length; dial++) {
    expect(alike[dial]).toBeLessThan(alike[dial - 1]!);
    expect(worth[dial]).toBeLessThan(worth[dial - 1]!);
  }
});

test("of two equal films only one comes at once when another is nearly as good", () => {
  const world = createWorld(3, { items: 3, dim: 4, events: 0 });
  const columns = {
    ...world.columns,
    vectors: Int8Array.of(127, 0, 0, 0, 127, 0, 0, 0, 0, 127, 0, 0),
    scale: Float32Array.of(1, 1, 1),
    categoryStart: Uint32Array.of(0, 1, 2, 3),
    category: Uint16Array.of(0, 0, 1),
  };
  const table = tableOf({ ...world, columns });
  const choice = (diversity: number) =>
    diversify(table, [0, 1, 2], [1, 0.9, 0.8], 3, { diversity, deviation: DEVIATION });
  expect(choice(0)).toEqual([0, 1, 2]);
  expect(choice(0.3)).toEqual([0, 2, 1]);
});

/** The categories' shares of a list: each item counts once, in equal parts. */
function sharesOf(world: World, list: readonly number[]): number[] {
  const shares = world.dictionaries.categories.map(() => 0);
  for (const row of list) for (const c of categoriesOf(world, row)) shares[c]! += 1 / categoriesOf(world, row).length;
  return shares;
}

test("calibration is the slope of −KL(p ‖ q̃) along an item, computed by finite differences", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { items: 60 });
      const { table, interest } = scored(world);
      const p = categoryShares(interest);
      if (!p) return;
      const calibration = createCalibration(table, p);
      const held = shuffled(60, world.chance).slice(0, 8);
      for (const row of held) calibration.follow(row);
      const counted = held.filter((row) => categoriesOf(world, row).length > 0);
      const holds = sharesOf(world, held).map((value, g) => value + IMAGINED * p[g]!);
      const size = counted.length + IMAGINED;
      const kl = (amounts: readonly number[], total: number) =>
        p.reduce((sum, share, g) => (share > 0 ? sum + share * Math.log((share * total) / amounts[g]!) : sum), 0);
      for (const row of world.ids.keys()) {
        if (categoriesOf(world, row).length === 0) {
          expect(calibration.gain(row)).toBe(0);
          continue;
        }
        const step = 1e-5;
        const grown = sharesOf(world, [row]).map((value, g) => holds[g]! + step * value);
        const slope = ((kl(holds, size) - kl(grown, size + step)) / step) * size;
        expect(calibration.gain(row)).toBeCloseTo(slope, 3);
      }
    }),
    { numRuns: 30 },
  );
});

test("with calibration a list's categories come closer to the person's own, on average, and the dial turns it up", () => {
  const dials = [0.1, 0.4, 1];
  const distance = [0, 0, 0, 0];
  for (let seed = 0; seed < 30; seed++) {
    const world = createWorld(seed, { items: 120 });
    const { interest } = scored(world);
    const shares = categoryShares(interest)!;
    const { table, rows, scores } = candidates(world);
    const apart = (chosen: readonly number[]) => {
      const list = sharesOf(
        world,
        chosen.map((position) => rows[position]!),
      );
      const sum = list.reduce((a, b) => a + b);
      return list.reduce((total, value, g) => total + Math.abs(value / sum - shares[g]!), 0);
    };
    distance[0]! += apart(diversify(table, rows, scores, 20, { diversity: 0, deviation: DEVIATION }));
    dials.forEach((diversity, d) => {
      distance[d + 1]! += apart(diversify(table, rows, scores, 20, { diversity, deviation: DEVIATION, shares }));
    });
  }
  for (let d = 1; d < distance.length; d++) expect(distance[d]).toBeLessThan(distance[d - 1]!);
});

test("no author and no category has more places in any window than its cap, while others are left", () => {
  const any = fc.record({
    seed: fc.integer(),
    perAuthor: fc.integer({ min: 1, max: 3 }),
    shown: fc.integer({ max: 12, min: 0 }),
  });
  fc.assert(
    fc.property(any, ({ seed, perAuthor, shown: already }) => {
      const world = createWorld(seed, { items: 400, categories: 12, events: 0 });
      // A hundred authors of four items each: there is always somebody else.
      const columns = { ...world.columns, author: world.columns.author.map((_, row) => 1 + (row % 100)) };
      const { table, rows, scores } = candidates({ ...world, columns });
      const shown = rows.slice(0, already);
      const options = { diversity: 0.2, deviation: DEVIATION, caps: { perAuthor, perCategory: 4 }, shown };
      const chosen = diversify(table, rows.slice(already), scores.slice(already), 40, options);
      const list = [...shown, ...chosen.map((position) => rows.slice(already)[position]!)];
      const most = (keysOf: (row: number) => readonly number[], end: number) => {
        const counts = new Map<number, number>();
        for (const row of list.slice(Math.max(0, end - CAP_WINDOW), end)) {
          for (const key of keysOf(row)) counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        return Math.max(0, ...counts.values());
      };
      // What was shown before was not chosen here, so only windows that lie behind it can be judged.
      for (let end = already === 0 ? 1 : already + CAP_WINDOW; end <= list.length; end++) {
        expect(most((row) => [columns.author[row]!], end)).toBeLessThanOrEqual(perAuthor);
        expect(most((row) => [...categoriesOf(world, row)], end)).toBeLessThanOrEqual(4);
      }
    }),
    { numRuns: 30 },
  );
});

test("where everything breaks a cap the list is filled all the same", () => {
  const world = createWorld(7, { items: 30, categories: 1, events: 0 });
  const columns = { ...world.columns, author: world.columns.author.map(() => 9) };
  const { table, rows, scores } = candidates({ ...world, columns });
  const caps = { perAuthor: 1, perCategory: 1 };
  const options = { diversity: 0.3, deviation: DEVIATION };
  expect(diversify(table, rows, scores, 30, { ...options, caps }).sort((a, b) => a - b)).toEqual([...rows.keys()]);
});

test("pins, slots, caps and last resorts: whatever is asked, the list is full, without repeats, and pins have their places", () => {
  const position = fc.nat({ max: 39 });
  const any = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 0, max: 50 }),
    place: fc.integer({ min: 0, max: 30 }),
    diversity: fc.constantFrom(0, 0.3, 1),
    capped: fc.boolean(),
    lastResort: fc.integer({ min: 0, max: 40 }),
    pins: fc.array(fc.record({ place: fc.nat({ max: 60 }), among: fc.uniqueArray(position, { maxLength: 3 }) }), {
      maxLength: 6,
    }),
    slots: fc.option(
      fc.record({
        first: fc.nat({ max: 12 }),
        every: fc.integer({ min: 1, max: 9 }),
        eligible: fc.uniqueArray(position),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(any, ({ seed, count, place, diversity, capped, lastResort, pins, slots }) => {
      const { table, rows, scores } = candidates(createWorld(seed, { events: 0 }));
      const choices = select(table, rows, scores, {
        count,
        place,
        diversity,
        deviation: DEVIATION,
        lastResort,
        pins,
        ...(capped && { caps: { perAuthor: 1, perCategory: 2 } }),
        ...(slots && {
          slots: {
            ...slots,
            temperature: 1,
            list: "list",
            positions: slots.eligible,
            priority: slots.eligible.map((each) => each % 7),
          },
        }),
      });
      expect(choices).toHaveLength(Math.min(count, rows.length));
      expect(new Set(choices.map((choice) => choice.position)).size).toBe(choices.length);
      choices.forEach((choice, n) => {
        expect(choice.propensity).toBeGreaterThan(0);
        expect(choice.propensity).toBeLessThanOrEqual(1);
        if (choice.by === "slot") {
          expect((place + n - slots!.first) % slots!.every).toBe(0);
          expect(slots!.eligible).toContain(choice.position);
        } else expect(choice.propensity).toBe(1);
        // Of value alone a last resort is taken only when nothing else was left.
        if (choice.by === "value" && choice.position >= lastResort) {
          const gone = choices.slice(0, n).map((each) => each.position);
          const waiting = pins.flatMap(({ among }) => (among.length === 1 ? among : []));
          for (let better = 0; better < lastResort; better++) expect([...gone, ...waiting]).toContain(better);
        }
      });
      const single = pins.filter(({ among }) => among.length === 1);
      const own = single.filter((pin) => single.every((each) => each === pin || each.place !== pin.place));
      for (const pin of own) {
        const alone = pins.every((each) => each === pin || (each.place > pin.place && each.among[0] !== pin.among[0]));
        const fits = pin.place >= place && pin.place < place + choices.length;
        if (alone && fits) expect(choices[pin.place - place]).toMatchObject({ position: pin.among[0], by: "pin" });
      }
    }),
    { numRuns: 500 },
  );
});
