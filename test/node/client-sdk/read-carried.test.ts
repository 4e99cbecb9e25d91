/** Sums from outside: what some signals can have left is read, what none can is refused. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { carriedParser } from "../../../client-sdk/storage/read-carried.ts";
import { STATE_PARSERS } from "../../../client-sdk/storage/read-stored.ts";
import type { StoredCarried } from "../../../client-sdk/storage/schema.ts";
import { MAX_DIM } from "../../../shared/release.ts";
import { createWorld } from "../shared/support/world.ts";
import { lastingWorld, longLog } from "./support/logs.ts";

function carriedOf(world = lastingWorld(8)): StoredCarried {
  const log = longLog(world);
  log.compact();
  return log.kept.carried!;
}

const sound = carriedOf();
const read = (value: unknown) => STATE_PARSERS.carried(structuredClone(value), "carried");

test("what a shortened log leaves is read as it is, whether it fades or not", () => {
  for (const carried of [sound, carriedOf(createWorld(5, { items: 40, events: 0 }))]) {
    expect(read(carried)).toEqual(carried);
  }
});

const { taste, recent } = sound;
const [first] = recent;

test.for<[string, object, string]>([
  ["pulls beyond all bounds", { taste: { ...taste, pull: taste.pull.map(() => 1e308) } }, "carried.taste"],
  [
    "a pull where nothing scatters",
    { taste: { ...taste, scatter: taste.scatter.map(() => 0), pull: taste.pull.map(() => 1e6) } },
    "carried.taste",
  ],
  [
    "pulls three times those of any signals",
    { taste: { ...taste, pull: taste.pull.map((x) => 3 * x) } },
    "carried.taste",
  ],
  ["more weight than its signals have", { taste: { ...taste, weight: 1e9 } }, "carried.taste.weight"],
  ["a scatter below nothing", { intent: { ...taste, scatter: taste.scatter.map((x) => -x) } }, "carried.intent"],
  [
    "a target above 1",
    { recent: [{ ...first, signal: { ...first!.signal, target: 1e308 } }] },
    "carried.recent[0].signal.target",
  ],
  [
    "a confidence that drowns all others",
    { recent: [{ ...first, signal: { ...first!.signal, confidence: 1e308 } }] },
    "carried.recent[0].signal.confidence",
  ],
  [
    "a push that drowns all others",
    { recent: [{ ...first, signal: { ...first!.signal, repel: 1e308 } }] },
    "carried.recent[0].signal.repel",
  ],
  ["content that overflows", { categories: [["c0", 1e308, 0]] }, "carried.categories[0][1]"],
])("%s cannot be read", ([, damage, path]) => {
  expect(() => read({ ...sound, ...damage })).toThrow(expect.objectContaining({ path }));
});

test("sums are read up to what their signals can pull, and not beyond", () => {
  const vectors = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });
  const signals = fc.array(fc.tuple(vectors, fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(signals, fc.double({ min: 1.1, max: 9, noNaN: true }), (given, over) => {
      const scatter = new Float64Array(6);
      const pull = new Float64Array(3);
      for (const [v, y] of given) {
        for (let i = 0, at = 0; i < 3; i++) {
          for (let j = 0; j <= i; j++) scatter[at++]! += v[i]! * v[j]!;
          pull[i]! += y * v[i]!;
        }
      }
      const sums = { scatter, pull, weight: given.length };
      const carried = { ...sound, recent: [], taste: sums, intent: sums };
      expect(read(carried)).toEqual(carried);
      // One signal in one direction: its pull is bound by its weight.
      const v = given[0]![0];
      const length = Math.hypot(...v);
      fc.pre(length > 0.01);
      const one = new Float64Array(6);
      for (let i = 0, at = 0; i < 3; i++) for (let j = 0; j <= i; j++) one[at++] = v[i]! * v[j]!;
      const most = { scatter: one, pull: Float64Array.from(v), weight: 1 };
      const beyond = { ...most, pull: Float64Array.from(v, (x) => over * x) };
      expect(read({ ...carried, taste: most })).toMatchObject({ taste: most });
      expect(() => read({ ...carried, taste: beyond })).toThrow(/sums of signals/);
    }),
  );
});

test("no sums are larger than a release can be, and of others than are wanted only the form is read", () => {
  const numbers = (value: unknown) => value as Float64Array;
  const known = (value: unknown) => value as StoredCarried["recent"][number]["known"];
  const sums = (d: number) => ({
    scatter: new Float64Array((d * (d + 1)) / 2).fill(-1),
    pull: new Float64Array(d),
    weight: 0,
  });
  const of = (d: number) => ({ ...sound, recent: [], taste: sums(d), intent: sums(d) });
  const parse = carriedParser(numbers, known, (d) => d === 8);
  expect(() => parse(of(MAX_DIM + 1), "carried")).toThrow(expect.objectContaining({ code: "bad_vector_length" }));
  expect(() => parse(of(8), "carried")).toThrow(expect.objectContaining({ code: "bad_value" }));
  expect(parse(of(9), "carried")).toEqual(of(9));
});
