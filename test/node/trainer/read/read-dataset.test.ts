import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import {
  FINISHED_UNSAID,
  LAST_POSITION,
  POSITION_UNSAID,
  SURFACE_UNSAID,
  kindsOf,
} from "../../../../trainer/read/dataset.ts";
import { exposureWeight } from "../../../../trainer/read/exposure-weight.ts";
import { readDataset, type ReadOptions } from "../../../../trainer/read/read-dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function failure(options: ReadOptions): Promise<NearfeedError> {
  const error = await readDataset(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NearfeedError);
  return error as NearfeedError;
}

/** Every event as "user item at", in the order of the dataset. */
async function lines(options: ReadOptions): Promise<string[]> {
  const { dataset } = await readDataset(options);
  const { start, item, at } = dataset.events;
  return dataset.users.flatMap((user, u) =>
    Array.from(
      item.subarray(start[u], start[u + 1]),
      (row, i) => `${user} ${dataset.items[row].id} ${at[start[u] + i]}`,
    ),
  );
}

describe("the bundled data", () => {
  const data = join(import.meta.dirname, "../../../../trainer/datasets/movielens-small");

  test("reads whole, with nothing refused", async () => {
    const { dataset, report } = await readDataset({
      events: [join(data, "ratings.parquet")],
      items: [join(data, "movies.parquet")],
    });
    expect(dataset.users.length).toBe(671);
    expect(dataset.items.length).toBe(9066);
    expect(dataset.events.item.length).toBe(100_004);
    expect(report.events.bad).toBe(0);
    expect(report.items?.bad).toBe(0);
    expect(report.mapping.timeUnit).toBe("s");
    const toyStory = dataset.items.find((item) => item.id === "1");
    expect(toyStory).toEqual({
      id: "1",
      title: "Toy Story",
      categories: ["Adventure", "Animation", "Children", "Comedy", "Fantasy"],
      publishedAt: Date.UTC(1995, 0, 1),
      data: { year: 1995 },
    });
  });
});

describe("order", () => {
  test("is time, then item id as text", async () => {
    const path = write("order.csv", "user,item,timestamp\nb,9,200\nb,10,200\na,1,300\nb,3,100\n");
    expect(await lines({ events: [path] })).toEqual(["a 1 300000", "b 3 100000", "b 10 200000", "b 9 200000"]);
  });

  test("follows the log's own order column where there is no time", async () => {
    const path = write("ord.csv", "user,item,ord\na,5,2\na,4,0\na,6,1\n");
    const { dataset } = await readDataset({ events: [path] });
    expect(dataset.timed).toBe(false);
    expect(await lines({ events: [path] })).toEqual(["a 4 0", "a 6 1", "a 5 2"]);
  });
});

describe("a log whose order means nothing", () => {
  const ids = Array.from({ length: 40 }, (_, i) => `i${i}`);
  const log = (order: readonly string[]) =>
    `user,item,ord\n${order.map((id, i) => `a,${id},${i}\nb,${id},${i}\n`).join("")}`;
  const itemsOf = async (name: string, order: readonly string[]) => {
    const { dataset } = await readDataset({ events: [write(name, log(order))], mapping: { unordered: true } });
    expect(dataset).toMatchObject({ ordered: false, timed: false });
    const { start, item } = dataset.events;
    return [0, 1].map((u) => Array.from(item.subarray(start[u], start[u + 1]), (row) => dataset.items[row].id));
  };

  test("reads alike in whatever order it comes", async () => {
    expect(await itemsOf("backward.csv", [...ids].reverse())).toEqual(await itemsOf("forward.csv", ids));
  });

  test("has neither the file's order nor the same items last for everyone", async () => {
    const [a, b] = await itemsOf("forward.csv", ids);
    expect([...a].sort()).toEqual([...ids].sort());
    expect(a).not.toEqual(ids);
    expect(a.slice(-5)).not.toEqual(b.slice(-5));
  });
});

describe("formats", () => {
  const expected = ["a x 1700000000000", "b y 1700000001000"];

  test("NDJSON, gzipped NDJSON and CSV of one log read alike", async () => {
    const ndjson =
      '{"subject":"a","item":"x","at":1700000000000,"type":"like"}\n{"subject":"b","item":"y","at":1700000001000,"type":"skip"}\n';
    const csv = "subject,item,at,type\na,x,1700000000000,like\nb,y,1700000001000,skip\n";
    for (const path of [write("log.ndjson", ndjson), write("log.ndjson.gz", gzipSync(ndjson)), write("log.csv", csv)]) {
      expect(await lines({ events: [path] })).toEqual(expected);
      const { dataset } = await readDataset({ events: [path] });
      expect(kindsOf(dataset.events.kinds[0])).toEqual(["like"]);
      expect(kindsOf(dataset.events.kinds[1])).toEqual(["skip"]);
    }
  });

  test("seconds, milliseconds, microseconds and dates mean the same moment", async () => {
    for (const time of ["1700000000", "1700000000000", "1700000000000000", "2023-11-14 22:13:20"]) {
      const path = write("time.csv", `user,item,time\na,x,${time}\n`);
      expect(await lines({ events: [path] })).toEqual(["a x 1700000000000"]);
    }
  });

  test("an exposure log with 0/1 columns gives one event with several kinds", async () => {
    const path = write(
      "exposures.csv",
      "user_id,video_id,time_ms,is_click,is_like,play_time_ms,duration_ms\n1,7,1700000000000,1,0,500,1000\n",
    );
    const { dataset } = await readDataset({ events: [path] });
    expect(kindsOf(dataset.events.kinds[0])).toEqual(["impression", "view", "click"]);
    expect(dataset.events.fraction[0]).toBe(0.5);
    expect(dataset.events.dwellMs[0]).toBe(500);
  });
});

describe("cleaning", () => {
  test("who names the columns of 0 and 1 says what a row is, whatever else the log has", async () => {
    const file = write(
      "typed-videos.csv",
      "user_id,item,ts,type,rating,tapped\na,x,1700000000,video,,1\na,y,1700000001,video,,0\n",
    );
    const { dataset, report } = await readDataset({ events: [file], mapping: { flags: { tapped: "click" } } });
    expect(report.events.bad).toBe(0);
    expect([...dataset.events.kinds].map(kindsOf)).toEqual([["impression", "click"], ["impression"]]);
    expect([...dataset.events.saysAll!]).toContain(1);
  });

  test("a column that the mapping calls null is left alone, in every file and in the item table", async () => {
    const events = ["one", "two"].map((name) =>
      write(`null-${name}.csv`, `user,item,timestamp,rating,list\n${name},x,1600000000,1,l\n${name},y,1600000060,5,l`),
    );
    const items = [write("null-items.csv", "item,name,date\nx,X,2020-01-01\ny,Y,2021-01-01")];
    const mapping = { rating: null, list: null, items: { publishedAt: null } };
    const { dataset, report } = await readDataset({ events, items, mapping });
    expect(Array.from(dataset.events.kinds, (kinds) => kindsOf(kinds).join())).toEqual(Array(4).fill("click"));
    expect(dataset.items.map(({ publishedAt }) => publishedAt)).toEqual([undefined, undefined]);
    expect(report.mapping).toMatchObject({ user: "user", time: "timestamp" });
    expect(Object.keys(report.mapping)).not.toContain("rating");
    const { dataset: found } = await readDataset({ events, items });
    expect(kindsOf(found.events.kinds[0])).toEqual(["rating"]);
    expect(found.items[0].publishedAt).toBe(Date.UTC(2020, 0, 1));
  });

  test("among typed events only ratings need stars", async () => {
    const file = write(
      "typed-ratings.csv",
      "user,item,ts,type,rating\na,x,1700000000,click,\na,x,1700000001,rating,4\na,y,1700000002,rating,9\n",
    );
    const { dataset, report } = await readDataset({ events: [file], maxBadRows: { count: 1 } });
    expect(report.events).toMatchObject({ read: 3, bad: 1, samples: [{ row: 3, field: "rating" }] });
    expect([...dataset.events.value]).toEqual([NaN, 4]);
    expect(dataset.events.saysAll).toBeUndefined();
  });

  test("what was shown comes before what was done in the same second, in whichever file it stands", async () => {
    const clicks = write("clicks.csv", "user,item,ts,type\na,x,1700000000,click\n");
    const shown = write("shown.csv", "user,item,ts,type\na,y,1700000000,impression\na,x,1700000000,impression\n");
    const { dataset } = await readDataset({ events: [clicks, shown] });
    const { item, kinds } = dataset.events;
    const read = Array.from(item, (row, e) => `${kindsOf(kinds[e]).join()} ${dataset.items[row].id}`);
    expect(read).toEqual(["impression x", "impression y", "click x"]);
  });

  test("a log's own account of what was finished is kept, and silence is not no", async () => {
    const log = write(
      "finished.csv",
      "user_id,video_id,time_ms,is_click,long_view\n1,7,1700000000000,1,1\n1,8,1700000000001,1,0\n1,9,1700000000002,1,\n",
    );
    const { dataset, report } = await readDataset({ events: [log] });
    expect(report.mapping.finished).toBe("long_view");
    expect([...dataset.events.finished!]).toEqual([1, 0, FINISHED_UNSAID]);
    const { dataset: silent } = await readDataset({ events: [write("silent.csv", "user,item\na,b\n")] });
    expect(silent.events.finished).toBeUndefined();
    const wrong = write("finished-wrong.csv", "user,item,finished\na,b,perhaps\n");
    expect(await failure({ events: [wrong] })).toMatchObject({ code: "too_many_bad_rows" });
  });

  test("the place that an item was shown in is kept, and silence is no place", async () => {
    const log = write(
      "places.csv",
      "user,item,time,position\n1,7,1700000000,0\n1,8,1700000001,3\n1,9,1700000002,\n1,9,1700000003,70000\n",
    );
    const { dataset } = await readDataset({ events: [log] });
    expect([...dataset.events.position!]).toEqual([0, 3, POSITION_UNSAID, LAST_POSITION]);
    const { dataset: silent } = await readDataset({ events: [write("no-places.csv", "user,item\na,b\n")] });
    expect(silent.events.position).toBeUndefined();
  });

  test("how likely something was to be shown is kept, and 1 where the log does not say", async () => {
    const head = "user,item,time,propensity\n";
    const log = write("drawn.csv", `${head}1,7,1700000000,0.25\n1,8,1700000001,1\n1,9,1700000002,\n`);
    const { dataset, report } = await readDataset({ events: [log] });
    expect(report.mapping.propensity).toBe("propensity");
    expect([...dataset.events.propensity!]).toEqual([0.25, 1, 1]);
    expect([0, 1, 2].map((e) => exposureWeight(dataset, e))).toEqual([4, 1, 1]);
    const wrong = write(
      "not-drawn.csv",
      `${head}1,7,1700000000,0\n1,8,1700000001,1.5\n1,9,1700000002,NaN\n1,9,1700000003,0.5\n`,
    );
    const { dataset: some, report: told } = await readDataset({ events: [wrong], maxBadRows: { count: 3 } });
    expect([...some.events.propensity!]).toEqual([0.5]);
    expect(told.events.samples.map(({ row, field, problem }) => `${row} ${field}: ${problem}`)).toEqual([
      '1 propensity: got "0", expected a number above 0 and up to 1',
      '2 propensity: got "1.5", expected a number above 0 and up to 1',
      '3 propensity: got "NaN", expected a number above 0 and up to 1',
    ]);
    const { dataset: silent } = await readDataset({ events: [write("never-drawn.csv", "user,item\na,b\n")] });
    expect([silent.events.propensity, exposureWeight(silent, 0)]).toEqual([undefined, 1]);
  });

  test("where something was shown is kept, the surface of most events first", async () => {
    const log = write(
      "surfaces.csv",
      "user,item,time,surface\n1,7,1700000000,shelf\n1,8,1700000001,feed\n1,9,1700000002,\n1,9,1700000003,feed\n2,9,1700000003,\n",
    );
    const { dataset, report } = await readDataset({ events: [log] });
    expect(report.mapping.surface).toBe("surface");
    expect(dataset.surfaces).toEqual(["feed", "shelf"]);
    expect([...dataset.events.surface!]).toEqual([1, 0, SURFACE_UNSAID, 0, SURFACE_UNSAID]);
    const odd = write(
      "odd-surfaces.csv",
      `user,item,surface\na,b,it's\na,c,${"x".repeat(129)}\na,d,${"😀".repeat(100)}\n`,
    );
    const { dataset: some } = await readDataset({ events: [odd] });
    expect(some.surfaces).toEqual(["it's"]);
    expect([...some.events.surface!].toSorted()).toEqual([0, SURFACE_UNSAID, SURFACE_UNSAID]);
    const many = Array.from({ length: 300 }, (_, s) => `a,i${s},s${String(s).padStart(3, "0")}`).join("\n");
    const { dataset: most } = await readDataset({
      events: [write("many-surfaces.csv", `user,item,surface\n${many}\n`)],
    });
    expect([most.surfaces!.length, most.surfaces!.at(-1)]).toEqual([SURFACE_UNSAID, "s254"]);
    expect(Math.max(...most.events.surface!)).toBe(SURFACE_UNSAID);
    const { dataset: unread } = await readDataset({ events: [log], mapping: { surface: null } });
    expect([unread.surfaces, unread.events.surface]).toEqual([undefined, undefined]);
    const never = write("no-surfaces.csv", "user,item,surface\na,b,\n");
    const { dataset: silent } = await readDataset({ events: [never] });
    expect([silent.surfaces, silent.events.surface]).toEqual([undefined, undefined]);
  });

  test("exact duplicates are removed and counted", async () => {
    const path = write("twice.csv", "user,item,timestamp\na,1,5\na,1,5\na,1,6\n");
    const { dataset, report } = await readDataset({ events: [path] });
    expect(report.duplicates).toBe(1);
    expect(dataset.events.item.length).toBe(2);
  });

  test("an undo takes back its event and leaves no trace of either", async () => {
    const path = write(
      "undo.ndjson",
      '{"id":"1","subject":"a","item":"x","at":1,"type":"like"}\n{"id":"2","subject":"a","item":"y","at":2,"type":"like"}\n{"id":"3","subject":"a","item":"x","at":3,"type":"undo","event":"1"}\n',
    );
    const { report } = await readDataset({ events: [path] });
    expect(await lines({ events: [path], mapping: { timeUnit: "ms" } })).toEqual(["a y 2"]);
    expect(report.undone).toBe(2);
  });

  test("a log of several NDJSON files is one log, though a line leaves out what does not apply to it", async () => {
    const base = Date.UTC(2026, 0, 1);
    const parts = [
      { id: "e1", type: "view", subject: "u", item: "a", at: base, dwellMs: 900 },
      { id: "e2", type: "like", subject: "u", item: "b", at: base + 1 },
      { id: "e3", type: "like", subject: "u", item: "c", at: base + 2, list: "l", position: 1 },
      { id: "e4", type: "undo", subject: "u", item: "b", at: base + 3, event: "e2" },
    ].map((event, i) => write(`part-${i}.ndjson.gz`, gzipSync(`${JSON.stringify(event)}\n`)));
    expect(await lines({ events: parts })).toEqual([`u a ${base}`, `u c ${base + 2}`]);
    const { dataset, report } = await readDataset({ events: [...parts].reverse() });
    expect(report).toMatchObject({ undone: 2, events: { read: 4, bad: 0 } });
    expect([...dataset.events.dwellMs]).toEqual([900, Number.NaN]);
  });

  test("a field that stands only in the last of many lines is found", async () => {
    const like = (i: number) =>
      JSON.stringify({ id: `e${i}`, type: "like", subject: "u", item: `i${i}`, at: 1e12 + i });
    const many = write("many.ndjson", Array.from({ length: 12_000 }, (_, i) => like(i)).join("\n"));
    const undo = { id: "undo", type: "undo", subject: "u", item: "i0", at: 1e12 + 20_000, event: "e0" };
    const last = write("many-last.ndjson", JSON.stringify(undo));
    const { dataset, report } = await readDataset({ events: [many, last] });
    expect([report.undone, dataset.events.item.length]).toEqual([2, 11_999]);
  });

  test("bad rows and files are located among several NDJSON files", async () => {
    const line = (item: string, at: unknown) => `${JSON.stringify({ user: "u", item, timestamp: at })}\n`;
    const at = Date.UTC(2026, 0, 1);
    const parts = [
      write("several-0.ndjson", line("z", at) + line("a", at + 1)),
      write("several-1.ndjson", line("b", at + 1) + line("c", "never") + "no JSON\n" + line("d", at + 2)),
      write("several-2.ndjson.gz", gzipSync(line("e", at + 3) + line("f", -1))),
    ];
    const { report } = await readDataset({ events: parts, maxBadRows: { count: 3 } });
    expect(report.events).toMatchObject({ read: 8, bad: 3 });
    expect(report.events.samples.map(({ file, row, field }) => [file, row, field])).toEqual([
      [parts[1], 2, "timestamp"],
      [parts[1], 3, "row"],
      [parts[2], 2, "timestamp"],
    ]);
    const useless = write("several-3.ndjson", "[1]\n[2]\n");
    expect(await failure({ events: [...parts, useless] })).toMatchObject({ code: "bad_file", path: useless });
  });

  test("of torn gzip the lines before the tear are kept, of damaged gzip none, and the rest is counted and located", async () => {
    const text = Array.from({ length: 50 }, (_, i) => `{"user":"u","item":"i${i}","timestamp":${1e12 + i}}\n`).join("");
    // Stored, so that what is cut off is known: the checksum, half a line, a line's end.
    const stored = gzipSync(text, { level: 0 });
    const deflated = gzipSync(text);
    const damaged = Uint8Array.from(stored, (byte, i) => (i === stored.length >> 1 ? byte ^ 1 : byte));
    const cases: [string, Uint8Array, number, string][] = [
      ["torn-0.ndjson.gz", stored.subarray(0, -8), 50, "torn"],
      ["torn-1.ndjson.gz", stored.subarray(0, -20), 49, "torn"],
      ["torn-2.ndjson.gz", stored.subarray(0, -9), 49, "torn"],
      ["torn-3.ndjson.gz", deflated.subarray(0, 12), 0, "torn"],
      ["damaged-0.ndjson.gz", damaged, 0, "damaged bytes (incorrect data check)"],
      ["damaged-1.ndjson.gz", Buffer.from(text), 0, "damaged bytes (incorrect header check)"],
      ["damaged-2.ndjson.gz", new Uint8Array(), 0, "no bytes"],
    ];
    const sound = write("sound.ndjson.gz", Buffer.concat([deflated, gzipSync(text.replaceAll('"u"', '"v"'))]));
    const empty = write("nothing.ndjson.gz", gzipSync("\n"));
    for (const [name, bytes, kept, words] of cases) {
      const path = write(name, bytes);
      const { report } = await readDataset({ events: [empty, path, sound], maxBadRows: { count: 1 } });
      expect(report.events, name).toMatchObject({ read: kept + 1 + 100, bad: 1 });
      expect(report.duplicates, name).toBe(kept);
      expect(report.events.samples, name).toEqual([
        { file: path, row: kept + 1, field: "row", problem: expect.stringContaining(words) },
      ]);
      expect(await failure({ events: [sound, path], maxBadRows: { count: 0 } }), name).toMatchObject({
        code: "too_many_bad_rows",
        path: `${path}:${kept + 1}:row`,
      });
      if (kept > 0) continue;
      expect(await failure({ events: [path] }), name).toMatchObject({
        code: "bad_file",
        path,
        message: expect.stringContaining(words),
      });
    }
    expect(await failure({ events: [empty] })).toMatchObject({ code: "bad_file", path: empty });
  });

  test("bad rows are located by file, row and field, and skipped when the limit allows them", async () => {
    const path = write(
      "bad.csv",
      "user,item,rating,timestamp\n1,2,3,4\n1,x\n2,3,abc,5\n3,4,5,6,7,8\n4,5,4,9\n,5,4,9\n5,5,9,9\n",
    );
    const { dataset, report } = await readDataset({ events: [path], maxBadRows: { count: 5 } });
    expect(dataset.users).toEqual(["1", "4"]);
    expect(report.events).toMatchObject({ read: 7, bad: 5 });
    expect(report.events.samples.map(({ row, field }) => `${row} ${field}`)).toEqual([
      "2 row",
      "4 row",
      "3 rating",
      "6 user",
      "7 rating",
    ]);
    expect(report.events.samples[2].problem).toBe('got "abc", expected a rating in 0.5–5');
  });

  test("more bad rows than allowed stop the run, and the error names the first", async () => {
    const path = write("worse.csv", "user,item,rating,timestamp\n1,2,3,4\n2,3,abc,5\n");
    const error = await failure({ events: [path] });
    expect(error.code).toBe("too_many_bad_rows");
    expect(error.path).toBe(`${path}:2:rating`);
  });

  test("a line of NDJSON that is not JSON is a bad row", async () => {
    const path = write("broken.ndjson", '{"user":"a","item":"1","at":5}\n{broken\n');
    const { report } = await readDataset({ events: [path], maxBadRows: { count: 1 } });
    expect(report.events.samples[0]).toMatchObject({
      row: 2,
      field: "row",
      problem: "got nothing, expected a JSON object",
    });
  });
});

describe("errors", () => {
  test("a missing column is named with the columns that are there", async () => {
    const path = write("missing.csv", "user,film,timestamp\n1,2,3\n");
    const error = await failure({ events: [path] });
    expect(error.code).toBe("missing_column");
    expect(error.message).toContain("got user, film, timestamp");
    expect(error.path).toBe(`${path}:item`);
  });

  test("so is a column that the mapping names and the file lacks", async () => {
    const path = write("mapped.csv", "user,item,timestamp\n1,2,3\n");
    const error = await failure({ events: [path], mapping: { rating: "stars" } });
    expect(error.code).toBe("missing_column");
    expect(error.path).toBe(`${path}:stars`);
  });

  test("a name that matches nothing", async () => {
    expect((await failure({ events: [join(folder, "none-*.csv")] })).code).toBe("file_not_found");
  });

  test("bytes that are not Parquet", async () => {
    const path = write("fake.parquet", "user,item\n1,2\n");
    expect((await failure({ events: [path] })).code).toBe("bad_file");
  });

  test("a log without rows", async () => {
    const path = write("empty.csv", "user,item,timestamp\n");
    expect((await failure({ events: [path] })).code).toBe("no_data");
  });
});
