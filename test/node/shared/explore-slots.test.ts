import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawSlot, hasSlot, isSlot } from "../../../shared/explore-slots.ts";
import { explorationPriority } from "../../../shared/exploration.ts";
import { seededHash } from "../../../shared/noise.ts";
import { rank } from "../../../shared/rank.ts";
import type { RankOptions, Ranking } from "../../../shared/rank.ts";
import { scored } from "./support/scored.ts";
import { createWorld } from "./support/world.ts";

/** Normal quantile of p = 0.001: what a sound sampler exceeds once in a thousand seeds. */
const Z = 3.09;
const DRAWS = 20_000;

/** The value that chi-squared exceeds with p = 0.001 (Wilson & Hilferty 1931). */
function critical(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + Z * Math.sqrt(spread)) ** 3;
}

function chiSquared(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
}

function softmax(priority: readonly number[], temperature: number, left = priority.map(() => true)): number[] {
  const mean = priority.reduce((a, b) => a + b) / priority.length;
  const deviation = Math.sqrt(priority.reduce((sum, value) => sum + (value - mean) ** 2, 0) / priority.length);
  const weights = priority.map((value, i) => (left[i] ? Math.exp(value / (temperature * deviation)) : 0));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

describe("draws of a slot", () => {
  const priority = [0.9, 0.3, 1.4, 0.31, 0.6, 2.2, 0.05, 1.1, 0.75, 1.3];
  const positions = priority.map((_, i) => 3 * i);
  const idOf = (position: number) => `item-${position}`;

  function simulate(temperature: number, isTaken: (position: number) => boolean) {
    const counts = priority.map(() => 0);
    const propensity = priority.map(() => NaN);
    for (let n = 0; n < DRAWS; n++) {
      const slot = { list: `list-${n}`, place: 9, temperature };
      const draw = drawSlot({ positions, priority }, slot, isTaken, idOf)!;
      counts[draw.position / 3]!++;
      propensity[draw.position / 3] = draw.propensity;
    }
    return { counts, propensity };
  }

  test.each([0.5, 1, 3])(
    "follow softmax(priority / T) over lists, which is what they record, at T = %f",
    (temperature) => {
      const { counts, propensity } = simulate(temperature, () => false);
      const expected = softmax(priority, temperature);
      propensity.forEach((recorded, i) => {
        if (counts[i]! > 0) expect(recorded).toBeCloseTo(expected[i]!, 12);
      });
      const likely = expected.map((share) => share * DRAWS);
      expect(chiSquared(counts, likely)).toBeLessThan(critical(priority.length - 1));
    },
  );

  test("follow it among what is left where some are on the list already", () => {
    const taken = [5, 2, 0];
    const { counts, propensity } = simulate(1, (position) => taken.includes(position / 3));
    for (const i of taken) expect(counts[i]).toBe(0);
    const left = priority.map((_, i) => !taken.includes(i));
    const expected = softmax(priority, 1, left).filter((_, i) => left[i]);
    expect(propensity.filter((_, i) => left[i]).map((p, i) => p - expected[i]!)).toEqual(
      expected.map(() => expect.closeTo(0, 12)),
    );
    expect(
      chiSquared(
        counts.filter((_, i) => left[i]),
        expected.map((share) => share * DRAWS),
      ),
    ).toBeLessThan(critical(expected.length - 1));
  });

  test("would be found out had they recorded the propensities of another temperature", () => {
    const { counts } = simulate(1, () => false);
    for (const wrong of [0.9, 1.1]) {
      const likely = softmax(priority, wrong).map((share) => share * DRAWS);
      expect(chiSquared(counts, likely)).toBeGreaterThan(critical(priority.length - 1));
    }
  });

  test("are the same again for the same list and place, and independent of the other places", () => {
    const draw = (list: string, place: number) =>
      drawSlot({ positions, priority }, { list, place, temperature: 1 }, () => false, idOf)!.position;
    let same = 0;
    for (let n = 0; n < 2_000; n++) {
      expect(draw(`list-${n}`, 9)).toBe(draw(`list-${n}`, 9));
      same += Number(draw(`list-${n}`, 9) === draw(`list-${n}`, 19));
    }
    const chance = softmax(priority, 1).reduce((sum, share) => sum + share * share, 0);
    const spread = Math.sqrt(2_000 * chance * (1 - chance));
    expect(Math.abs(same - 2_000 * chance)).toBeLessThan(Z * spread);
  });

  test("have a propensity however far the priorities lie apart, and none where nothing is left", () => {
    const slot = { list: "list", place: 9, temperature: 1e-6 };
    const eligible = { positions: [0, 1, 2], priority: [1e9, 1, 0] };
    expect(drawSlot(eligible, slot, () => false, idOf)).toEqual({ position: 0, propensity: 1 });
    expect(drawSlot(eligible, slot, (position) => position === 0, idOf)!.propensity).toBeCloseTo(0.5, 2);
    expect(drawSlot(eligible, slot, () => true, idOf)).toBeUndefined();
    const alike = { positions: [0, 1], priority: [5, 5] };
    expect(drawSlot(alike, slot, () => false, idOf)?.propensity).toBe(0.5);
  });
});

test("names that differ by one letter hash apart: every bit is set half the time", () => {
  const bits = Array.from({ length: 32 }, () => 0);
  const count = 20_000;
  for (let n = 0; n < count; n++) {
    const difference = seededHash(`item-${n}`, 7) ^ seededHash(`item-${n + 1}`, 7);
    for (let bit = 0; bit < 32; bit++) bits[bit]! += (difference >>> bit) & 1;
  }
  const spread = Math.sqrt(count) / 2;
  for (const set of bits) expect(Math.abs(set - count / 2)).toBeLessThan(4.5 * spread);
});

test("which places are slots is fixed by the policy alone", () => {
  const slots = { first: 9, every: 10, temperature: 1 };
  const all = Array.from({ length: 50 }, (_, place) => place).filter((place) => isSlot(place, slots));
  expect(all).toEqual([9, 19, 29, 39, 49]);
  const any = fc.record({
    first: fc.nat({ max: 20 }),
    every: fc.integer({ min: 1, max: 15 }),
    from: fc.nat({ max: 60 }),
    length: fc.nat({ max: 30 }),
  });
  fc.assert(
    fc.property(any, ({ first, every, from, length }) => {
      const settings = { first, every, temperature: 1 };
      const places = Array.from({ length }, (_, n) => from + n);
      expect(hasSlot(from, from + length, settings)).toBe(places.some((place) => isSlot(place, settings)));
    }),
  );
});

describe("a ranking with slots", () => {
  const OPTIONS: RankOptions = { count: 30, moment: { surface: "home", utcOffsetMinutes: 0 } };
  const exploration = { first: 4, every: 10, temperature: 1 };

  function ranked(seed: number, more: Partial<RankOptions> = {}): Promise<Ranking> {
    const world = createWorld(seed, { items: 300 });
    const { table, interest } = scored(world);
    const model = { ...world.model, selection: { diversity: 0.2, exploration } };
    return rank(table, interest, model, { ...OPTIONS, list: "list", ...more });
  }

  test("explores on its slots and nowhere else, says so, and names a policy that explores", async () => {
    const { selected, policy } = await ranked(1);
    expect(selected.flatMap(({ explored }, place) => (explored ? [place] : []))).toEqual([4, 14, 24]);
    for (const { explored, propensity } of selected) {
      if (explored) expect(propensity).toBeLessThan(1);
      else expect(propensity).toBe(1);
    }
    expect(policy).toBe("mmr/2 dial=0.2 author=2 category=8 slots=4+10@1");
    const plain = await ranked(1, { list: undefined });
    expect(plain.selected.some(({ explored }) => explored)).toBe(false);
    expect(plain.policy).toBe("mmr/2 dial=0.2 author=2 category=8");
    const world = createWorld(1, { items: 300, events: 0 });
    const { table, interest } = scored(world);
    const unknown = await rank(table, interest, world.model, { ...OPTIONS, list: "list" });
    expect(
      unknown.selected.some(({ explored }) => explored),
      "of somebody who has done nothing yet",
    ).toBe(false);
    const ordered = await ranked(1, { diversity: 0 });
    expect([ordered.policy, ordered.selected.some(({ explored }) => explored)]).toEqual(["score/1", false]);
  });

  test("draws the uncertain quarter and the new, with the propensity of their priorities", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = createWorld(seed, { items: 300 });
      const { table, interest } = scored(world);
      const { selected, candidates } = await ranked(seed);
      const sorted = [...world.columns.uncertainty].sort((a, b) => a - b);
      const minutes = world.now / 60_000;
      const eligible = candidates
        .filter(({ row }) => {
          const published = world.columns.publishedAt[row]!;
          const isNew = published <= minutes && published > minutes - 14 * 24 * 60;
          return isNew || world.columns.uncertainty[row]! >= sorted[225]!;
        })
        .slice(0, 50)
        .map(({ row }) => row);
      const before = selected.slice(0, 4).map(({ row }) => row);
      const priority = [...explorationPriority(table, eligible, interest, world.model)];
      const left = eligible.map((row) => !before.includes(row));
      const { row, propensity, explored } = selected[4]!;
      expect(explored).toBe(true);
      expect(propensity).toBeCloseTo(softmax(priority, 1, left)[eligible.indexOf(row)]!, 9);
    }
  });

  test("seldom draws anew when the list is pinned further: the noise of an item stays, only what is eligible moves up", async () => {
    let same = 0;
    let slots = 0;
    for (let seed = 0; seed < 40; seed++) {
      const whole = await ranked(seed);
      const head = whole.selected.slice(0, 8).map(({ row }) => row);
      const rest = await ranked(seed, { count: 22, place: 8, shown: head, excluded: (row) => head.includes(row) });
      const drawn = ({ selected }: Ranking) => selected.filter(({ explored }) => explored).map(({ row }) => row);
      const before = drawn(whole).slice(1);
      drawn(rest).forEach((row, n) => (same += Number(row === before[n])));
      slots += before.length;
    }
    expect(same / slots).toBeGreaterThan(0.8);
  });

  test("shows another draw to another list", async () => {
    const drawn = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => (await ranked(1, { list: `list-${n}` })).selected[4]!.row),
    );
    expect(new Set(drawn).size).toBeGreaterThan(5);
  });
});
