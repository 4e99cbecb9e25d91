import { expect, test } from "vitest";
import { APPEALS } from "../../../../shared/appeal.ts";
import { EVENT_TYPES, type EventType } from "../../../../shared/event.ts";
import type { Item } from "../../../../shared/item.ts";
import { itemAppeal } from "../../../../trainer/items/item-appeal.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { makeDataset } from "../make-dataset.ts";

const bits = (...types: EventType[]) => types.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0);

/** Who was shown what, a "!" after what was clicked. */
function shownTo(people: Readonly<Record<string, readonly string[]>>, items: readonly Item[] = []): Dataset {
  const plain = Object.fromEntries(
    Object.entries(people).map(([user, shown]) => [user, shown.map((item) => item.replace("!", ""))]),
  );
  const dataset = makeDataset(plain, items);
  const marks = Object.keys(people)
    .sort()
    .flatMap((user) => people[user]!);
  dataset.events.kinds.set(marks.map((mark) => bits("impression", ...(mark.endsWith("!") ? ["click" as const] : []))));
  return dataset;
}

function clickAppeal(dataset: Dataset, isAsked?: (user: number) => boolean): Record<string, number> {
  const appeal = itemAppeal(dataset, isAsked)!;
  return Object.fromEntries(dataset.items.map(({ id }, i) => [id, appeal[i * APPEALS.length]!]));
}

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

test("what picky people take has more appeal than what is taken as often by people who take everything", () => {
  const { picked, easy } = clickAppeal(
    shownTo({
      eager: [...times(60, "easy!"), ...times(60, "common!")],
      picky: [...times(60, "picked!"), ...times(60, "common"), ...times(120, "other")],
    }),
  );
  expect(picked).toBeGreaterThan(0);
  expect(picked).toBeGreaterThan(easy! + 0.2);
});

test("an item that few have seen is thought of as its author's others are", () => {
  const by = (id: string, author: string): Item => ({ id, categories: [], author });
  const items = [by("a1", "ann"), by("a2", "ann"), by("b1", "bob"), by("b2", "bob")];
  const both = [...times(40, "a1!"), ...times(40, "b1")];
  const { a2, b2 } = clickAppeal(shownTo({ one: [...both, "a2"], two: [...both, "b2"] }, items));
  expect(a2).toBeGreaterThan(b2!);
});

/** The same log, with how likely each exposure was. */
const drawn = (dataset: Dataset, propensityOf: (user: string, item: string) => number): Dataset => {
  const { events, users, items } = dataset;
  const user = (e: number) => users[users.findIndex((_, u) => e < events.start[u + 1]!)]!;
  const propensity = Float32Array.from(events.item, (row, e) => propensityOf(user(e), items[row]!.id));
  return { ...dataset, events: { ...events, propensity } };
};

test("an item that was drawn for its lovers mostly is no item that everybody loves, where the log says how likely it was", () => {
  // Of each person's hundred lists the niche was drawn for half, or for one in ten; the fair item for every second one of all.
  const person = (niche: number, isLover: boolean) => [
    ...times(niche, isLover ? "niche!" : "niche"),
    ...times(25, "fair!"),
    ...times(25, "fair"),
    ...times(50, "other!"),
    ...times(50, "other"),
  ];
  const people = Object.fromEntries(
    Array.from({ length: 40 }, (_, u) => [`p${u}`, person(u % 2 === 0 ? 50 : 10, u % 2 === 0)] as const),
  );
  const log = shownTo(people);
  const isLover = (user: string) => Number(user.slice(1)) % 2 === 0;
  const known = drawn(log, (user, item) =>
    item === "niche" ? (isLover(user) ? 0.5 : 0.1) : item === "fair" ? 0.5 : 1,
  );
  const [told, untold] = [clickAppeal(known), clickAppeal(log)];
  // Half of the people take either of them, whenever they are shown it.
  expect(Math.abs(told["niche"]! - told["fair"]!)).toBeLessThan(0.15);
  expect(untold["niche"]! - untold["fair"]!).toBeGreaterThan(0.3);
});

test("how likely an item's exposures were says nothing where all were as likely: ten that were drawn are no hundred", () => {
  const shown = ["x!", "y", "y", "y", "z!", "z"];
  const dataset = shownTo({ a: shown, b: ["x", "y!"] });
  const rare = clickAppeal(drawn(dataset, (_, item) => (item === "x" ? 0.25 : 1)));
  for (const [id, appeal] of Object.entries(clickAppeal(dataset))) expect(rare[id]).toBeCloseTo(appeal, 9);
  expect(clickAppeal(drawn(dataset, () => 1))).toEqual(clickAppeal(dataset));
});

test("a click that was one in four outweighs three looks away that were sure, and one in a thousand counts as one in ten", () => {
  const dataset = shownTo({ a: [...times(40, "x!"), ...times(40, "y")], b: [...times(40, "x"), ...times(40, "y!")] });
  const byA = (propensity: number) =>
    clickAppeal(drawn(dataset, (user, item) => (user === "a" && item === "x" ? propensity : 1)));
  expect(byA(0.25)["x"]).toBeGreaterThan(byA(1)["x"]! + 0.1);
  expect(byA(0.001)["x"]).toBeCloseTo(byA(0.1)["x"]!, 6);
});

test("of people who are not asked nothing is looked at", () => {
  const one = ["x!", "x!", "y", "y"];
  const dataset = shownTo({ one, two: ["y!", "y!", "x", "x"] });
  const other = shownTo({ one, two: ["y", "y", "x!", "x!"] });
  const first = (user: number) => user === 0;
  expect(clickAppeal(dataset, first)).toEqual(clickAppeal(other, first));
  expect(clickAppeal(dataset, first)["y"]).toBeLessThan(clickAppeal(dataset)["y"]!);
});

test("looks outside of lists count for what is finished, at the rate of their own", () => {
  const dataset = makeDataset({ a: [...times(40, "long"), ...times(40, "short")], b: ["long", "short"] });
  dataset.events.kinds.fill(bits("view"));
  dataset.events.kinds.fill(bits("impression"), 80);
  const finished = Uint8Array.from(dataset.events.item, (row) => Number(dataset.items[row]!.id === "long"));
  const appeal = itemAppeal({ ...dataset, events: { ...dataset.events, finished } })!;
  const [long, short] = [appeal[2]!, appeal[APPEALS.length + 2]!];
  expect(long).toBeGreaterThan(0.2);
  expect(short).toBeLessThan(-0.2);
});

test("a log that does not say what was shown has none", () => {
  expect(itemAppeal(makeDataset({ a: ["x", "y"] }))).toBeUndefined();
});
