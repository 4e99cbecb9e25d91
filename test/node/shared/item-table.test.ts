import { expect, test } from "vitest";
import { expectClose } from "./support/compare.ts";
import { tableOf } from "./support/scored.ts";
import { contentOf, categoriesOf, cosine, vectorOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";

const world = createWorld(1, { items: 50, events: 0 });

test("what is derived of every item once is what its columns say", () => {
  const table = tableOf(world);
  const rows = world.ids.map((_, row) => row);
  const derived = (of: (row: number) => number) => rows.map(of);
  expect([...table.rowOf]).toEqual(world.ids.map((id, row) => [id, row]));
  expectClose(
    table.vectorNorm,
    derived((row) => Math.hypot(...vectorOf(world, row))),
    1e-6,
  );
  expectClose(
    table.contentNorm,
    derived((row) => Math.hypot(...contentOf(world, categoriesOf(world, row), world.columns.author[row]!).values())),
    1e-6,
  );
  expectClose(
    table.popularityLog,
    derived((row) => Math.log(1 + world.columns.popularity[row]!)),
    1e-12,
  );
});

test("authors are numbered from 1, alike for alike, and no author is 0", () => {
  const { authorOf, authorNumber } = tableOf(world);
  const { author } = world.columns;
  expect(authorNumber.size).toBe(new Set(author.filter((key) => key !== 0)).size);
  author.forEach((key, row) => expect(authorOf[row]).toBe(key === 0 ? 0 : authorNumber.get(key)));
  expect(Math.max(...authorOf)).toBe(authorNumber.size);
});

test("nearness is the cosine to a vector, with nothing below zero", () => {
  const table = tableOf(world);
  const near = table.nearness("a", vectorOf(world, 5));
  expectClose(
    near,
    world.ids.map((_, row) => Math.max(0, cosine(vectorOf(world, row), vectorOf(world, 5)))),
    1e-6,
  );
  expect(near[5]).toBeCloseTo(1, 6);
  expect(near[1], "an item without a vector is near nothing").toBe(0);
  expect([...table.nearness("zero", new Float32Array(8))].every((value) => value === 0)).toBe(true);
});

test("nearness is computed once a key, and again after many others", () => {
  const table = tableOf(world);
  const first = table.nearness("a", vectorOf(world, 5));
  expect(table.nearness("a", vectorOf(world, 5))).toBe(first);
  for (let i = 0; i < 40; i++) table.nearness(`key ${i}`, vectorOf(world, i));
  const again = table.nearness("a", vectorOf(world, 5));
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
});
