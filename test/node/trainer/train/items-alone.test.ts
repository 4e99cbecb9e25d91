import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { interestAt } from "../../../../shared/interest.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import type { Item } from "../../../../shared/item.ts";
import { createProfile } from "../../../../shared/profile.ts";
import { topK } from "../../../../shared/top-k.ts";
import { knownItem } from "../../../../trainer/items/assemble.ts";
import { featureRows } from "../../../../trainer/items/content-features.ts";
import { mapContent } from "../../../../trainer/items/content-map.ts";
import { contentSpace } from "../../../../trainer/items/content-space.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import { buildRelease } from "../../../../trainer/release/build-release.ts";
import { openRelease } from "../../../../trainer/release/open-release.ts";
import { writeReleaseFolder } from "../../../../trainer/release/release-folder.ts";
import { trainItemsAlone } from "../../../../trainer/train/train-items-alone.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-alone-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DIM = 64;
const GENRES = ["crime", "dance", "farce", "myth", "opera"];

/** Two genres each, all pairs alike often; ids sorted. */
const items: Item[] = Array.from({ length: 200 }, (_, i) => ({
  id: `i${String(i).padStart(3, "0")}`,
  categories: [GENRES[i % 5]!, GENRES[(i + 1 + (Math.floor(i / 5) % 4)) % 5]!],
}));

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
const vectorOf = (vectors: Float32Array, i: number) => vectors.subarray(i * DIM, (i + 1) * DIM);

describe("the space of items that nobody has met", () => {
  const vectors = mapContent(contentSpace(featureRows(items), DIM, createRandom(1)), items);

  test("has the products of what items say about themselves, where there is room for all of it", () => {
    // Every genre is as frequent as the others, so each weighs the same, and two items share 0, 1 or 2 of two.
    const shared = (a: Item, b: Item) => a.categories.filter((name) => b.categories.includes(name)).length / 2;
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 40; j++) {
        expect(dot(vectorOf(vectors, i), vectorOf(vectors, j))).toBeCloseTo(shared(items[i]!, items[j]!), 4);
      }
    }
  });

  test("has vectors of a mean square length of 1", () => {
    const lengths = items.map((_, i) => dot(vectorOf(vectors, i), vectorOf(vectors, i)));
    expect(lengths.reduce((a, b) => a + b) / lengths.length).toBeCloseTo(1, 4);
  });

  test("leaves an item that says nothing at 0, and all of them where none says anything", () => {
    const bare = [{ id: "a", categories: [] }, ...items];
    const map = contentSpace(featureRows(bare), DIM, createRandom(1));
    expect(Array.from(vectorOf(mapContent(map, bare), 0))).toEqual(Array(DIM).fill(0));
    const silent = items.map(({ id }) => ({ id, categories: [] }));
    const none = mapContent(contentSpace(featureRows(silent), DIM, createRandom(1)), silent);
    expect(none.every((value) => value === 0)).toBe(true);
  });
});

describe("a release from items alone", () => {
  test("follows one like to what is like it", async () => {
    const { assembly, model } = await trainItemsAlone(items, { seed: 1 });
    const { table } = assembly;
    const liked = table.rowOf.get("i000")!;
    const event = { id: "01HF7YAT00TMB5S1RNMA000001", type: "like", item: "i000", at: 1_000 } as const;
    const profile = createProfile(model, [{ event, known: knownItem(assembly, liked) }]);
    const scores = scoreLinear(table, interestAt(profile, model, 2_000), model).total;
    const genres = (row: number) => [...assembly.items[row]!.categories].sort().join();
    const same = items.filter(({ categories }) => [...categories].sort().join() === genres(liked)).length;
    for (const row of topK(scores, same)) expect(genres(row)).toBe(genres(liked));
    // The constants were measured: the scores of somebody with one like differ by what the release says.
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
    expect(deviation / model.linear.deviation).toBeGreaterThan(0.5);
    expect(deviation / model.linear.deviation).toBeLessThan(2);
  });

  test("has a drawn order before anybody has met anything, in which no kind comes first, and which no score reads", async () => {
    const { assembly, model } = await trainItemsAlone(items, { seed: 1 });
    const { popularity } = assembly.table.columns;
    const first = topK(popularity, 40);
    const kinds = new Set(Array.from(first, (row) => assembly.items[row]!.categories[0]));
    expect(kinds.size).toBe(GENRES.length);
    expect(new Set(popularity).size).toBe(items.length);
    expect(Math.max(...popularity)).toBeLessThan(0.01);
    expect(model.linear.popularity).toBe(0);
    expect(assembly.table.columns.history.every((people) => people === 0)).toBe(true);
  });

  test.each([
    ["of one item", items.slice(0, 1)],
    ["of items that say nothing", items.map(({ id }) => ({ id, categories: [] }))],
  ])("%s is a whole release", async (name, some) => {
    const trained = await trainItemsAlone(some, { seed: 1 });
    const { release, bytes } = await buildRelease(trained, { createdAt: 1_700_000_000_000, metrics: {} });
    const place = join(folder, name.replaceAll(" ", "-"));
    await writeReleaseFolder(place, release, bytes);
    const opened = await openRelease(place);
    expect(opened.assembly.items.map(({ id }) => id).sort()).toEqual(some.map(({ id }) => id));
    const empty = interestAt(createProfile(opened.model, []), opened.model, 0);
    const { total } = scoreLinear(opened.assembly.table, empty, opened.model);
    expect(total.every(Number.isFinite)).toBe(true);
  });

  test("is the same for the same seed", async () => {
    const [one, two] = await Promise.all([trainItemsAlone(items, { seed: 3 }), trainItemsAlone(items, { seed: 3 })]);
    expect(one.assembly.index.space).toBe(two.assembly.index.space);
  });
});
