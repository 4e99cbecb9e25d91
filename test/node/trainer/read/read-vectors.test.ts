import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import { DEFAULT_MAX_BAD_ROWS } from "../../../../trainer/read/bad-rows.ts";
import { openDatabase } from "../../../../trainer/read/duckdb.ts";
import { readVectors, vectorsFor } from "../../../../trainer/read/read-vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

async function writeParquet(name: string, select: string): Promise<string> {
  const path = join(folder, name);
  using database = await openDatabase();
  await database.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  return path;
}

const read = (path: string, maxBadRows: Parameters<typeof readVectors>[1]["maxBadRows"] = DEFAULT_MAX_BAD_ROWS) =>
  readVectors([path], { maxBadRows });

async function failure(reading: Promise<unknown>): Promise<NearfeedError> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NearfeedError);
  return error as NearfeedError;
}

const items = ["a", "b", "c"].map((id) => ({ id, categories: [] }));

describe("vectors made elsewhere", () => {
  test("are read alike from Parquet as Spark writes it, from NDJSON and from CSV", async () => {
    const spark = await writeParquet(
      "spark.parquet",
      "SELECT * FROM (VALUES (7, [0.5, -1.25]::FLOAT[]), (12, [3, 0]::FLOAT[])) AS t(id, features)",
    );
    const lines = write("lines.ndjson", ['{"item":7,"vector":[0.5,-1.25]}', '{"item":"12","vector":[3,0]}']);
    const table = write("table.csv", ["item_id,embedding", '7,"[0.5, -1.25]"', '12,"[3, 0]"']);
    for (const path of [spark, lines, table]) {
      const { dim, vectors, bad } = await read(path);
      expect(dim).toBe(2);
      expect([...vectors].map(([id, vector]) => [id, Array.from(vector)])).toEqual([
        ["7", [0.5, -1.25]],
        ["12", [3, 0]],
      ]);
      expect(bad).toEqual({ read: 2, bad: 0, samples: [] });
    }
  });

  test("take the places of a catalogue's items; what is unknown and what is missing is counted", async () => {
    const path = write("some.ndjson", [
      '{"item":"c","vector":[1,2]}',
      '{"item":"z","vector":[9,9]}',
      '{"item":"a","vector":[3,4]}',
    ]);
    const { dim, vectors, has, unknown, missing } = vectorsFor(items, await read(path));
    expect(dim).toBe(4);
    expect(Array.from(vectors)).toEqual([3, 4, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0]);
    expect(Array.from(has)).toEqual([1, 0, 1]);
    expect({ unknown, missing }).toEqual({ unknown: 1, missing: 1 });
  });

  test("of another catalogue are refused, with an id of each", async () => {
    const path = write("other.ndjson", ['{"item":"film-1","vector":[1,2]}']);
    const error = await failure(read(path).then((found) => vectorsFor(items, found)));
    expect(error.code).toBe("no_data");
    expect(error.hint).toContain('the vectors have "film-1", the catalogue "a"');
  });
});

describe("a row that cannot be used is counted and located", () => {
  const good = ['{"item":"a","vector":[1,2]}', '{"item":"b","vector":[3,4]}'];
  const cases: [string, string, string][] = [
    ["another length", '{"item":"c","vector":[1,2,3]}', "vector: got 3 numbers, expected 2, as most have"],
    ["no number", '{"item":"c","vector":[1,"NaN"]}', "vector: number 2 is not finite"],
    ["a number that is missing", '{"item":"c","vector":[null,1]}', "vector: number 1 is not finite"],
    ["a number beyond single precision", '{"item":"c","vector":[1,1e300]}', "vector: number 2 is not finite"],
    ["no list", '{"item":"c","vector":"red"}', "vector: got no list of numbers"],
    ["no vector", '{"item":"c"}', "vector: got no list of numbers"],
    ["no id", '{"vector":[1,2]}', "item: got nothing, expected an id"],
    [
      "an id of 300 characters",
      `{"item":"${"c".repeat(300)}","vector":[1,2]}`,
      "item: got 300 characters, expected an id of 1–128",
    ],
    ["an id that came before", '{"item":"a","vector":[5,6]}', 'item: got "a" a second time'],
  ];
  for (const [what, line, words] of cases) {
    test(`${what}`, async () => {
      const path = write("bad.ndjson", [...good, line]);
      const { vectors, bad } = await read(path, { share: 0.5 });
      expect(bad).toMatchObject({ read: 3, bad: 1 });
      const [{ row, field, problem }] = bad.samples;
      expect(`row ${row}, ${field}: ${problem}`).toBe(`row 3, ${words}`);
      expect([...vectors.keys()]).toEqual(["a", "b"]);
      expect(Array.from(vectors.get("a")!)).toEqual([1, 2]);
      expect((await failure(read(path))).code).toBe("too_many_bad_rows");
    });
  }
});

describe("a file without vectors is refused", () => {
  test("for a column that is missing, with what there is", async () => {
    const error = await failure(read(write("named.csv", ["item,numbers", "a,1"])));
    expect(error.code).toBe("missing_column");
    expect(error.message).toContain("got item, numbers; expected vector, features, embedding, factors");
    expect(error.hint).toBe("Rename the columns to item and vector.");
  });

  test("for a column of another type", async () => {
    const error = await failure(
      read(await writeParquet("scalar.parquet", "SELECT 'a' AS item, 0.5::DOUBLE AS vector")),
    );
    expect(error.message).toContain('has DOUBLE in column "vector", expected lists of numbers');
  });

  test("for having no row, or more numbers a vector than any part is built for", async () => {
    const none = await writeParquet("none.parquet", "SELECT 'a' AS item, [1.0] AS vector WHERE false");
    expect((await failure(read(none))).code).toBe("no_data");
    const long = await writeParquet("long.parquet", "SELECT 'a' AS item, range(2000)::DOUBLE[] AS vector");
    expect((await failure(read(long))).message).toBe("Vectors may have 1024 numbers at most, got 2000");
  });
});
