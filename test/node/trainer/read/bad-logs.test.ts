import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import { MAX_ID_CHARS } from "../../../../shared/item.ts";
import { openDatabase } from "../../../../trainer/read/duckdb.ts";
import { readDataset, type ReadOptions } from "../../../../trainer/read/read-dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-bad-logs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function failure(path: string, options: Partial<ReadOptions> = {}): Promise<NearfeedError> {
  const error = await readDataset({ events: [path], ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NearfeedError);
  return error as NearfeedError;
}

/** What is said of the first bad row of a log in which every second row is good. */
async function firstProblem(path: string): Promise<string> {
  const { report } = await readDataset({ events: [path], maxBadRows: { share: 0.5 } });
  const [{ row, field, problem }] = report.events.samples;
  return `row ${row}, ${field}: ${problem}`;
}

/** A Parquet file of one row. */
async function writeParquet(name: string, select: string): Promise<string> {
  const path = join(folder, name);
  using database = await openDatabase();
  await database.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  return path;
}

describe("a file that holds nothing usable is refused by its name", () => {
  const cases: [string, string | Uint8Array, string][] = [
    ["empty.csv", "", "is empty"],
    ["empty.parquet", "", "is empty"],
    ["empty.ndjson", "", "is empty"],
    ["prose.ndjson", "hello\nthere\n", "has no line that is a JSON object"],
    ["array.json", JSON.stringify([{ user: "a", item: "x" }], null, 1), "has no line that is a JSON object"],
    ["noise.csv", Uint8Array.from({ length: 4000 }, (_, i) => (i * 193 + (i >> 3)) % 256), "cannot be read as csv"],
    ["not-gzip.csv.gz", "user,item\na,x\n", "cannot be read as csv"],
  ];
  for (const [name, content, words] of cases) {
    test(`${name} is refused`, async () => {
      const path = write(name, content);
      const error = await failure(path);
      expect(error.code).toBe("bad_file");
      expect(error.message).toContain(`${path} ${words}`);
      expect(error.path).toBe(path);
    });
  }

  test("a Parquet file that is cut at either end", async () => {
    const whole = await writeParquet(
      "whole.parquet",
      "SELECT 'a' AS user, 'x' AS item, 1700000000 AS time FROM range(5000)",
    );
    const bytes = readFileSync(whole);
    for (const part of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(100), bytes.subarray(0, 3)]) {
      const error = await failure(write("cut.parquet", part));
      expect(error.code).toBe("bad_file");
      expect(error.message).toContain("cut.parquet cannot be read as parquet");
    }
  });

  test("a folder without logs", async () => {
    mkdirSync(join(folder, "notes"));
    write("notes/readme.md", "no log");
    expect((await failure(join(folder, "notes"))).code).toBe("file_not_found");
  });
});

describe("a bad row says what was got and what was expected", () => {
  const cases: [string, string, string][] = [
    ["NaN as a rating", "rating\nNaN\n4", 'rating: got "NaN", expected a rating in 0.5–5'],
    ["an endless rating", "rating\ninf\n4", 'rating: got "inf", expected a rating in 0.5–5'],
    [
      "a time far beyond the calendar",
      "time\n1e300\n1700000000\n1700000001",
      'time: got "1e300", expected a time in s since 1970, as most are',
    ],
    [
      "a time before 1970",
      "time\n-5\n1700000000\n1700000001",
      'time: got "-5", expected a time in s since 1970, as most are',
    ],
    [
      "seconds among milliseconds",
      "time\n1700000000\n1700000000000\n1700000000001",
      'time: got "1700000000", expected a time in ms since 1970, as most are',
    ],
    [
      "milliseconds among seconds",
      "time\n1700000000000\n1700000000\n1700000001",
      'time: got "1700000000000", expected a time in s since 1970, as most are',
    ],
    ["an unknown kind of event", "type\nlke\nlike", 'type: got "lke", expected one of impression, view,'],
  ];
  for (const [what, column, words] of cases) {
    test(`${what} is refused`, async () => {
      const rows = column.split("\n").map((value, i) => (i === 0 ? `user,item,${value}` : `u${i},x,${value}`));
      expect(await firstProblem(write("row.csv", `${rows.join("\n")}\n`))).toContain(`row 1, ${words}`);
    });
  }

  test("an id of 300 characters, shown in part", async () => {
    const path = write("long.csv", `user,item\n${"u".repeat(300)},x\nb,y\n`);
    expect(await firstProblem(path)).toBe(
      `row 1, user: got "${"u".repeat(40)}"… (300 characters), expected an id of 1–${MAX_ID_CHARS} characters`,
    );
  });

  test("a line of NDJSON that is no object", async () => {
    const path = write("lines.ndjson", '[1,2]\n{"user":"a","item":"x"}\n');
    expect(await firstProblem(path)).toBe('row 1, row: got "[1,2]", expected a JSON object');
  });
});

test("a given unit of time is believed, even where it makes times old", async () => {
  const path = write("old.csv", "user,item,time\na,x,5000\n");
  const { dataset } = await readDataset({ events: [path], mapping: { timeUnit: "ms" } });
  expect(Array.from(dataset.events.at)).toEqual([5000]);
});

test("ids may be numbers, and lists are no ids", async () => {
  const numbers = await writeParquet("numbers.parquet", "SELECT 7::BIGINT AS user, 12::INTEGER AS item");
  const { dataset } = await readDataset({ events: [numbers] });
  expect([dataset.users, dataset.items.map(({ id }) => id)]).toEqual([["7"], ["12"]]);
  const lists = await writeParquet("lists.parquet", "SELECT 'a' AS user, ['x', 'y'] AS item");
  const error = await failure(lists);
  expect(error.code).toBe("bad_file");
  expect(error.message).toContain('ids of type VARCHAR[] in column "item"');
  expect(error.path).toBe(`${lists}:item`);
});

test("an item that does not fit is located without saying its field twice", async () => {
  const items = write("items.csv", `id,title\nx,${"T".repeat(600)}\n`);
  const error = await failure(write("log.csv", "user,item\na,x\n"), { items: [items] });
  expect(error.code).toBe("too_many_bad_rows");
  expect(error.message).toContain(
    `${items} row 1, title: must be at most 512 characters, got a string of 600 characters`,
  );
});

test("reading ends when it is aborted", async () => {
  const path = await writeParquet(
    "large.parquet",
    "SELECT range AS user, range % 1000 AS item, 1700000000 + range AS time FROM range(3000000)",
  );
  const reason = new NearfeedError("cancelled", "enough");
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 50);
  expect(await failure(path, { signal: abort.signal })).toBe(reason);
});
