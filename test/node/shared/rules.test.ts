import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { activate, nextChannel, parseChannel, parseChannelAction, rollback } from "../../../shared/channel.ts";
import { rank } from "../../../shared/rank.ts";
import type { RankOptions, SelectedItem } from "../../../shared/rank.ts";
import { rowRules, rulesParser } from "../../../shared/rules.ts";
import type { Rule } from "../../../shared/rules.ts";
import { refusal } from "./support/refusal.ts";
import { scored, tableOf } from "./support/scored.ts";
import { categoriesOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";

const LATER = 8_000_000_000_000;
const [a, b] = ["a".repeat(32), "b".repeat(32)];
const PIN: Rule = { kind: "pin", item: "item-1", until: LATER, position: 2 };

describe("the rules of a channel", () => {
  test("are parsed, and kept when the release changes or goes back", () => {
    const one = activate(null, "stable", a, 0);
    expect(one).not.toHaveProperty("rules");
    const ask = parseChannelAction({ action: "rules", rules: [PIN], expect: 1 });
    const ruled = nextChannel(one, "stable", ask, 5);
    expect(ruled).toMatchObject({ release: a, sequence: 2, rules: [PIN] });
    const later = rollback(activate(ruled, "stable", b, 6), "stable", 7);
    expect(later).toMatchObject({ release: a, previous: b, sequence: 4, rules: [PIN] });
    expect(parseChannel(JSON.parse(JSON.stringify(later)))).toEqual(later);
    const without = nextChannel(later, "stable", { action: "rules", rules: [], expect: 4 }, 8);
    expect(without).not.toHaveProperty("rules");
    expect(refusal(() => nextChannel(null, "stable", { ...ask, expect: 0 }, 0)).code).toBe("unknown_channel");
  });

  test.each<[object, string, string]>([
    [{ ...PIN, kind: "hide" }, "bad_value", "rules[0].kind"],
    [{ ...PIN, category: "Drama" }, "bad_value", "rules[0]"],
    [{ kind: "bury", until: LATER }, "bad_value", "rules[0]"],
    [{ kind: "bury", item: "item-1" }, "missing_field", "rules[0].until"],
    [{ kind: "pin", item: "item-1", until: LATER }, "bad_value", "rules[0].position"],
    [{ ...PIN, position: 200 }, "bad_value", "rules[0].position"],
    [{ ...PIN, position: 1.5 }, "bad_value", "rules[0].position"],
    [{ ...PIN, kind: "bury" }, "bad_value", "rules[0].position"],
    [{ kind: "boost", category: "Drama", until: LATER }, "bad_value", "rules[0].deviations"],
    [{ kind: "boost", category: "Drama", until: LATER, deviations: -1 }, "bad_value", "rules[0].deviations"],
    [{ kind: "boost", category: "Drama", until: LATER, deviations: Infinity }, "not_finite", "rules[0].deviations"],
    [{ ...PIN, who: "me" }, "unknown_field", "rules[0].who"],
  ])("are refused where one is malformed: %#", (rule, code, path) => {
    const { code: got, path: where } = refusal(() => rulesParser([rule], "rules"));
    expect([got, where]).toEqual([code, path]);
  });

  test("are at most a hundred", () => {
    expect(
      rulesParser(
        Array.from({ length: 100 }, () => PIN),
        "rules",
      ),
    ).toHaveLength(100);
    expect(
      refusal(() =>
        rulesParser(
          Array.from({ length: 101 }, () => PIN),
          "rules",
        ),
      ).code,
    ).toBe("too_many");
  });
});

test("rules of another surface, of the past and about nothing that is there are none", () => {
  const world = createWorld(1);
  const table = tableOf(world);
  const at = { surface: "home", now: 1_000 };
  expect(rowRules(table, [], at)).toBeUndefined();
  expect(rowRules(table, [{ ...PIN, until: 1_000 }], at)).toBeUndefined();
  expect(rowRules(table, [{ ...PIN, surface: "sidebar" }], at)).toBeUndefined();
  expect(rowRules(table, [{ ...PIN, surface: "home", until: 1_001 }], at)?.pins).toEqual([{ position: 2, rows: [1] }]);
  const nothing = rowRules(
    table,
    [
      { ...PIN, item: "who" },
      { kind: "bury", category: "what", until: LATER },
    ],
    at,
  )!;
  expect(nothing).toEqual({ pins: [{ position: 2, rows: [] }], boost: new Map(), buried: new Set() });
});

describe("a ranking under rules", () => {
  const OPTIONS: RankOptions = { count: 10, moment: { surface: "home", utcOffsetMinutes: 0 }, diversity: 0 };
  const rowsOf = (items: readonly SelectedItem[]) => items.map(({ row }) => row);

  function lists(seed: number, rules: readonly Rule[], more: Partial<RankOptions> = {}) {
    const world = createWorld(seed);
    const { table, interest } = scored(world);
    const options = { ...OPTIONS, ...more };
    return Promise.all([
      rank(table, interest, world.model, options),
      rank(table, interest, world.model, { ...options, rules }),
    ]);
  }

  test("puts a pinned item on its place, says so, and moves nothing else", async () => {
    const [before, after] = await lists(1, [{ ...PIN, item: "item-30", position: 3 }]);
    const others = rowsOf(before.selected).filter((row) => row !== 30);
    expect(rowsOf(after.selected)).toEqual([...others.slice(0, 3), 30, ...others.slice(3, 9)]);
    expect(after.selected.map(({ moved }) => moved)).toEqual(
      Array.from({ length: 10 }, (_, place) => (place === 3 ? "pinned" : undefined)),
    );
    const { row, score, propensity, byScore } = after.selected[3]!;
    expect([score, propensity]).toEqual([before.candidates.find((each) => each.row === row)!.score, 1]);
    expect(before.candidates[byScore]!.row).toBe(30);
  });

  test("takes the best of a pinned category", async () => {
    const world = createWorld(2);
    const [before, after] = await lists(2, [{ kind: "pin", category: "category-1", until: LATER, position: 0 }]);
    const has = (row: number) => categoriesOf(world, row).includes(1);
    expect(after.selected[0]).toMatchObject({
      row: before.candidates.find(({ row }) => has(row))!.row,
      moved: "pinned",
    });
  });

  test("never shows a pinned item that may not be shown", async () => {
    const [, after] = await lists(3, [PIN], { excluded: (row) => row === 1, count: 40 });
    expect(rowsOf(after.selected)).not.toContain(1);
    expect(after.selected).toHaveLength(39);
  });

  test("boosts by deviations of the scores, which the score itself does not show", async () => {
    const world = createWorld(4);
    const rules: Rule[] = [{ kind: "boost", category: "category-2", until: LATER, deviations: 1.5 }];
    const [before, after] = await lists(4, rules, { count: 40 });
    const gain = 1.5 * world.model.linear.deviation;
    const worth = ({ row, score }: SelectedItem) => score + (categoriesOf(world, row).includes(2) ? gain : 0);
    const values = after.selected.map(worth);
    expect(values).toEqual([...values].sort((x, y) => y - x));
    expect(rowsOf(after.selected)).not.toEqual(rowsOf(before.selected));
    for (const item of after.selected) {
      expect(item.moved).toBe(categoriesOf(world, item.row).includes(2) ? "boosted" : undefined);
      expect(item.score).toBe(before.candidates.find(({ row }) => row === item.row)!.score);
    }
  });

  test("buries beneath everything else, and fills a list with what is buried rather than cutting it short", async () => {
    const world = createWorld(5);
    const rules: Rule[] = [{ kind: "bury", category: "category-0", until: LATER }];
    for (const diversity of [0, 0.7]) {
      const [, after] = await lists(5, rules, { count: 40, diversity });
      const buried = after.selected.map(({ row }) => categoriesOf(world, row).includes(0));
      const first = buried.indexOf(true);
      expect(first).toBeGreaterThan(0);
      expect(buried.slice(first).every(Boolean)).toBe(true);
      expect(after.selected.map(({ moved }) => moved === "buried")).toEqual(buried);
      expect(after.selected).toHaveLength(40);
    }
  });

  test("brings what is pinned or boosted from beyond the last stage", async () => {
    const world = createWorld(6, { items: 1_600, events: 10 });
    const { table, interest } = scored(world);
    const plain = await rank(table, interest, world.model, OPTIONS);
    const here = new Set(plain.candidates.map(({ row }) => row));
    const [far, further] = world.ids.map((_, row) => row).filter((row) => !here.has(row));
    const rules: Rule[] = [
      { kind: "pin", item: world.ids[far!]!, until: LATER, position: 4 },
      { kind: "boost", item: world.ids[further!]!, until: LATER, deviations: 20 },
    ];
    const { selected, candidates } = await rank(table, interest, world.model, { ...OPTIONS, rules });
    expect(selected[4]).toMatchObject({ row: far, moved: "pinned" });
    expect(selected[0]).toMatchObject({ row: further, moved: "boosted" });
    expect(candidates).toHaveLength(plain.candidates.length);
  });
});

test("whatever the rules: nothing excluded, nothing twice, and as many as there are", async () => {
  const target = fc.oneof(
    fc.record({ item: fc.nat({ max: 45 }).map((n) => `item-${n}`) }),
    fc.record({ category: fc.nat({ max: 6 }).map((n) => `category-${n}`) }),
  );
  const kind = fc.oneof(
    fc.record({ kind: fc.constant("pin" as const), position: fc.nat({ max: 50 }) }),
    fc.record({ kind: fc.constant("boost" as const), deviations: fc.double({ min: 0, max: 20, noNaN: true }) }),
    fc.record({ kind: fc.constant("bury" as const) }),
  );
  const rules = fc.array(
    fc.tuple(kind, target).map(([what, which]): Rule => ({ ...what, ...which, until: LATER })),
    { maxLength: 8 },
  );
  const any = fc.record({
    seed: fc.integer(),
    rules,
    count: fc.integer({ min: 1, max: 50 }),
    place: fc.nat({ max: 25 }),
    diversity: fc.constantFrom(0, 0.2, 1),
    modulus: fc.integer({ min: 2, max: 6 }),
    list: fc.option(fc.string(), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(any, async ({ seed, modulus, ...options }) => {
      const world = createWorld(seed);
      const { table, interest } = scored(world);
      const excluded = (row: number) => row % modulus === 0;
      const { selected } = await rank(table, interest, world.model, {
        ...options,
        excluded,
        moment: { surface: "home", utcOffsetMinutes: 0 },
      });
      const rows = selected.map(({ row }) => row);
      expect(rows.filter(excluded)).toEqual([]);
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows).toHaveLength(Math.min(options.count, world.ids.filter((_, row) => !excluded(row)).length));
    }),
    { numRuns: 200 },
  );
});
