import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { main } from "../../../../trainer/cli.ts";
import { DEFAULT_ITEMS, fitItems } from "../../../../trainer/items/fit-items.ts";
import { type PreparedItems, withoutHidden } from "../../../../trainer/items/prepared-items.ts";
import { openRelease } from "../../../../trainer/release/open-release.ts";
import { preparedFor, readPrepared } from "../../../../trainer/read/read-prepared.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";
import { RUN, writePrepared } from "./write-prepared.ts";

const root = mkdtempSync(join(tmpdir(), "nearfeed-prepared-"));
afterAll(() => rmSync(root, { recursive: true }));

const dataset = twoTastes(60, 20, 14, 3);
const HOLDOUT = 2;
const learnt = await fitItems(splitLast(dataset, HOLDOUT).train, {
  ...DEFAULT_ITEMS,
  signals: DEFAULT_SIGNALS,
  seed: 1,
});
const items: PreparedItems = { ...learnt, dim: DEFAULT_ITEMS.dim };

let made = 0;
async function prepared(options: { space?: string } = {}, of = items): Promise<string> {
  const folder = join(root, String(made++));
  await writePrepared(folder, dataset, of, { holdout: HOLDOUT, ...options });
  return folder;
}

test("what was prepared is read as it was written, in the order of any catalogue", async () => {
  const read = await readPrepared(await prepared());
  const got = preparedFor(dataset.items, read);
  expect(got.vectors).toEqual(items.vectors);
  expect(got.history).toEqual(items.history);
  expect(got.popularity).toEqual(items.popularity);
  expect(got.neighbours.weight).toEqual(items.neighbours.weight);
  const turned = [...dataset.items].reverse();
  const reversed = preparedFor(turned, read);
  const last = turned.length - 1;
  expect(reversed.vectors.subarray(0, 64)).toEqual(items.vectors.subarray(last * 64));
  expect(reversed.neighbours.neighbour[0]).toBe(last - items.neighbours.neighbour[last * items.neighbours.perItem]);
});

test("training takes neighbours, counts and vectors from it, and learns the rest", async () => {
  // Of another making than ours: every item's one neighbour is the next in the catalogue.
  const n = dataset.items.length;
  const neighbour = Uint32Array.from({ length: n }, (_, i) => (i + 1) % n);
  const given: PreparedItems = {
    ...items,
    neighbours: { perItem: 1, neighbour, weight: new Float32Array(n).fill(0.5) },
    history: items.history.map((people) => people + 100),
  };
  const trained = await trainLinear(dataset, { seed: 1, holdout: HOLDOUT, prepared: given });
  expect(trained.items.neighbours).toEqual(given.neighbours);
  expect(trained.items.history).toEqual(given.history);
  expect(trained.fit.ridge).toBeUndefined();
  expect(trained.assembly.index.columns.size).toBe(n);
});

test("nothing is known of hidden items, nor do others lead to them", () => {
  const n = dataset.items.length;
  const hidden = Uint8Array.from({ length: n }, (_, i) => Number(i % 4 === 1));
  const left = withoutHidden(items, hidden);
  const { perItem } = left.neighbours;
  for (let item = 0; item < n; item++) {
    const slots = Array.from({ length: perItem }, (_, s) => item * perItem + s);
    const kept = slots.filter((slot) => left.neighbours.weight[slot] > 0);
    const expected = slots.filter(
      (slot) => items.neighbours.weight[slot] > 0 && !hidden[items.neighbours.neighbour[slot]],
    );
    expect(kept.map((slot) => left.neighbours.neighbour[slot])).toEqual(
      hidden[item] ? [] : expected.map((slot) => items.neighbours.neighbour[slot]),
    );
    expect(left.history[item]).toBe(hidden[item] ? 0 : items.history[item]);
  }
});

test("nearfeed train --prepared makes a release of all items of the log, measured on what nothing was learnt from", async () => {
  const folder = await prepared();
  const out = join(root, "release");
  expect(await main(["train", "--prepared", folder, "--out", out, "--no-report", "--json"])).toBe(0);
  const { release } = await openRelease(out);
  const metrics = release.metrics as { holdout: number; prepared: { people: number } };
  expect(metrics).toMatchObject({ holdout: HOLDOUT, prepared: { people: 60, vectors: { dim: 64 } } });
});

test("a log beside it, and more held out than it left out, are refused", async () => {
  const folder = await prepared();
  expect(await main(["train", "log.csv", "--prepared", folder, "--json"])).toBe(2);
  expect(await main(["train", "--prepared", folder, "--until", "2026-01-01", "--json"])).toBe(2);
  expect(await main(["train", "--prepared", folder, "--holdout", "3", "--json"])).toBe(2);
});

test("vectors of another space are refused with the file and the row", async () => {
  const folder = await prepared({ space: "0therspace000000" });
  const file = join(folder, RUN, "vectors/part-0.parquet");
  await expect(readPrepared(folder)).rejects.toMatchObject({
    code: "wrong_space",
    path: `${file}:1:space`,
    message: `${file} row 1 is of the space 0therspace000000, expected 5face5face5face5`,
  });
});

test("a vector of another length, a number that is none, and a neighbour that is no item are located", async () => {
  const shorter = { ...items, dim: 60, vectors: items.vectors.subarray(0, 60 * dataset.items.length) };
  const folder = await prepared({}, shorter);
  const manifest = join(folder, "manifest.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"dim":60', '"dim":64'));
  await expect(readPrepared(folder)).rejects.toMatchObject({
    code: "bad_file",
    message: expect.stringContaining("row 1 has 60 numbers, expected 64"),
  });
  const unknown = await prepared();
  const text = join(unknown, "neighbours.ndjson");
  writeFileSync(text, readFileSync(text, "utf8").replace(/"red001"(?=[^[]*\])/, '"gone"'));
  const { openDatabase, quote } = await import("../../../../trainer/read/duckdb.ts");
  using database = await openDatabase();
  const file = join(unknown, RUN, "neighbours/part-0.parquet");
  await database.run(`COPY (SELECT * FROM read_json(${quote(text)})) TO ${quote(file)} (FORMAT parquet)`);
  await expect(readPrepared(unknown)).rejects.toMatchObject({
    code: "bad_file",
    message: expect.stringContaining('"gone", which is no item'),
  });
});

test("a folder without a whole run, of a later format, or with a file gone, is refused", async () => {
  await expect(readPrepared(join(root, "none"))).rejects.toMatchObject({ code: "file_not_found" });
  const later = await prepared();
  const manifest = join(later, "manifest.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"format":2', '"format":3'));
  await expect(readPrepared(later)).rejects.toMatchObject({ code: "bad_file", path: `${manifest}:format` });
  const counted = await prepared();
  const other = join(counted, "manifest.json");
  writeFileSync(other, readFileSync(other, "utf8").replace(/"items":\d+/, '"items":999'));
  await expect(readPrepared(counted)).rejects.toMatchObject({
    code: "bad_file",
    message: expect.stringContaining("the manifest says 999"),
  });
});
