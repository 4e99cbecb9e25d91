/**
 * The Spark job and the trainer's own reading, on one log with duplicates, clashes, late, undone and forgotten events, and rows that
 * cannot be used: the same interactions, statistics, counts and neighbours. Needs Python 3 and Java 17; skipped, and
 * said, where one is missing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../shared/event.ts";
import { DEFAULT_SIGNALS, signalsOf } from "../../shared/signals.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { countItems } from "../../trainer/items/fit-items.ts";
import { interactionsOf } from "../../trainer/items/interactions.ts";
import { DEFAULT_NEIGHBOURS, fitNeighbours } from "../../trainer/items/neighbours.ts";
import type { Dataset } from "../../trainer/read/dataset.ts";
import { kindsOf } from "../../trainer/read/dataset.ts";
import { readDataset, type ReadReport } from "../../trainer/read/read-dataset.ts";
import { preparedFor, readPrepared, type ReadPrepared } from "../../trainer/read/read-prepared.ts";
import type { SparkReport } from "../../trainer/spark/run-job.ts";
import { eventsBefore } from "../../trainer/split/split-at.ts";
import { splitLast } from "../../trainer/split/split.ts";
import { expectSameNeighbours, near } from "../harness/spark/expect-same.ts";
import { sparkPython } from "../harness/spark/spark-python.ts";
import { runSpark, tableOf } from "../harness/spark/spark-run.ts";
import {
  DAY_MS,
  isForgotten,
  itemName,
  type LogLine,
  syntheticLog,
  type SyntheticPart,
} from "../harness/spark/synthetic-log.ts";
import {
  BAD_LINES,
  BAD_PART,
  BROKEN_PARTS,
  SMALL_LOG,
  soundLine,
  withClashes,
  writeBadPart,
  writeBrokenParts,
} from "../harness/spark/wild-log.ts";
import { writeLog, writePart } from "../harness/spark/write-log.ts";

const HOLDOUT = 3;
const known = Array.from({ length: SMALL_LOG.items }, (_, item) => itemName(item));
const maxBadRows = { count: BAD_LINES.length + BROKEN_PARTS.length };

const LAST_DAY = "dt=2026-05-04/";

/** Of a day on which nobody came. */
const EMPTY_PART = "dt=2026-05-05/hour=00/badbad00-000000000000.ndjson.gz";

const spark = await sparkPython();
if (spark.missing !== undefined) console.warn(`Spark's conformance is skipped: ${spark.missing}`);

describe.skipIf(spark.missing !== undefined)("Spark and the trainer, of one log,", () => {
  let folder: string;
  let out: string;
  let parts: SyntheticPart[];
  let reports: SparkReport[];
  let dataset: Dataset;
  let report: ReadReport;
  let prepared: ReadPrepared;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearfeed-spark-"));
    out = join(folder, "prepared");
    const log = join(folder, "events");
    const python = spark.python!;
    parts = withClashes(syntheticLog(SMALL_LOG));
    const job = { python, log, out, args: [`--holdout=${HOLDOUT}`, "--sample=1"] };
    await writeLog(folder, parts, (name) => !name.startsWith(LAST_DAY));
    await writeBadPart(log);
    await writeBrokenParts(log);
    const first = await runSpark(job);
    await writeLog(folder, parts, (name) => name.startsWith(LAST_DAY));
    await writePart(log, EMPTY_PART, []);
    reports = [first, await runSpark(job)];

    const compacted = join(folder, "compacted");
    for (const { name, events } of parts) {
      await writePart(
        compacted,
        name,
        events.filter(({ subject }) => !isForgotten(subject)).map((each) => JSON.stringify(each)),
      );
    }
    await writeBadPart(compacted);
    await writeBrokenParts(compacted);
    await writePart(compacted, EMPTY_PART, []);
    ({ dataset, report } = await readDataset({ events: [compacted], known, maxBadRows }));
    prepared = await readPrepared(out);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a second run reads the days that are new alone, an empty one too", () => {
    expect(reports.map(({ daysRead }) => daysRead.join(" "))).toEqual([
      "2026-05-01 2026-05-02 2026-05-03",
      "2026-05-04 2026-05-05",
    ]);
    expect(reports[1].days).toBe(5);
  });

  test("rows that cannot be used are counted and located, and those around them kept", () => {
    const bad = BAD_LINES.map(({ field }, i) => ({ file: BAD_PART, row: 2 * i + 2, field }));
    const broken = BROKEN_PARTS.map(({ name, row }) => ({ file: name, row, field: "row" }));
    const { rows } = reports[1];
    const own = report.events.samples
      .map((sample) => ({ ...sample, file: sample.file.slice(-BAD_PART.length) }))
      .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.row - b.row));
    for (const samples of [rows.samples, own]) {
      expect(samples.map(({ file, row, field }) => ({ file, row, field }))).toEqual([...bad, ...broken]);
      BROKEN_PARTS.forEach(({ word }, i) => expect(samples[bad.length + i].problem).toContain(word));
    }
    expect([rows.bad, report.events.bad]).toEqual([own.length, own.length]);
    // What was got of a line that is no JSON object, the one shows and the other does not.
    const problems = (of: readonly { file: string; field: string; problem: string }[]) =>
      of.filter(({ file, field }) => file !== BAD_PART || field !== "row").map(({ problem }) => problem);
    expect(problems(rows.samples)).toEqual(problems(own));
  });

  test("the sample of all people is the dataset, event by event", async () => {
    const { dataset: sample } = await readDataset({ events: [prepared.sample], known });
    expect(sample.users).toEqual(dataset.users);
    expect(sample.items).toEqual(dataset.items);
    expect(sample.surfaces).toEqual(dataset.surfaces);
    expect(dataset.surfaces!.length).toBeGreaterThan(1);
    for (const name of [
      "start",
      "item",
      "at",
      "kinds",
      "value",
      "dwellMs",
      "fraction",
      "position",
      "propensity",
      "surface",
    ] as const) {
      expect(Array.from(sample.events[name]!), name).toEqual(Array.from(dataset.events[name]!));
    }
  });

  test("interactions are one signal for each person, list and item, by the rule of devices", async () => {
    const rows = await tableOf(out, "interactions", 'person, list, item, "at", target, confidence, explicit');
    const got = new Map(rows.map((row) => [`${row["person"]} ${row["list"]} ${row["item"]}`, row]));
    const wanted = cleanLines(parts);
    let count = 0;
    for (const [subject, events] of wanted) {
      for (const signal of signalsOf(events, DEFAULT_SIGNALS)) {
        const { list } = events.find(({ id }) => id === signal.event)!;
        const row = got.get(`${subject} ${list ?? ""} ${signal.item}`);
        count++;
        expect(row, `${subject} ${list} ${signal.item}`).toBeDefined();
        expect([Number(row!["at"]), row!["explicit"]]).toEqual([signal.at, signal.explicit]);
        near(Number(row!["target"]), signal.target);
        near(Number(row!["confidence"]), signal.confidence);
      }
    }
    expect(got.size).toBe(count);
    expect(rows.length).toBe(count);
  });

  test("items are known as of the end of each day", async () => {
    const names = ["people", "popularity", "events", "impressions", "views", "clicks", "likes", "skips"] as const;
    const rows = await tableOf(out, "statistics", `item, epoch_ms(day) AS ms, ${names.join(", ")}`);
    const days = [...new Set(rows.map(({ ms }) => Number(ms)))].sort();
    expect(days.length).toBeGreaterThanOrEqual(SMALL_LOG.days);
    for (const day of days) {
      const asOf = new Map(
        rows
          .filter(({ ms }) => Number(ms) <= day)
          .sort((a, b) => Number(a["ms"]) - Number(b["ms"]))
          .map((row) => [String(row["item"]), row]),
      );
      const before = eventsBefore(dataset, day + DAY_MS);
      const { history, popularity } = countItems(interactionsOf(before, eventSignals(before, DEFAULT_SIGNALS)));
      const counted = dataset.items.map(() => new Map<string, number>());
      before.events.item.forEach((item, e) => {
        for (const kind of ["events", ...kindsOf(before.events.kinds[e])]) {
          counted[item].set(kind, (counted[item].get(kind) ?? 0) + 1);
        }
      });
      dataset.items.forEach(({ id }, i) => {
        const row = asOf.get(id);
        const [events, impressions, views, clicks, likes, skips] = [
          "events",
          "impression",
          "view",
          "click",
          "like",
          "skip",
        ].map((kind) => counted[i].get(kind) ?? 0);
        const got = names.map((name) => Number(row?.[name] ?? 0));
        near(got[1], popularity[i]);
        expect(got.toSpliced(1, 1), `${id} on ${day}`).toEqual([
          history[i],
          events,
          impressions,
          views,
          clicks,
          likes,
          skips,
        ]);
      });
    }
  });

  test("what is learnt of items has not seen what is held out, and its neighbours and counts are the trainer's", () => {
    const { train } = splitLast(dataset, HOLDOUT);
    const signals = eventSignals(train, DEFAULT_SIGNALS);
    const { history, popularity } = countItems(interactionsOf(train, signals));
    const own = fitNeighbours(train, signals, DEFAULT_NEIGHBOURS);
    const got = preparedFor(dataset.items, prepared);
    expect(Array.from(got.history)).toEqual(Array.from(history));
    popularity.forEach((value, i) => near(got.popularity[i], value));
    expectSameNeighbours(got.neighbours, own);
  });
});

/** Events of each person as they are left, by the plainest of programs. */
function cleanLines(parts: readonly SyntheticPart[]): Map<string, Event[]> {
  const all = [
    ...parts,
    { name: BAD_PART, events: BAD_LINES.map((_, i) => JSON.parse(soundLine(i)) as LogLine) },
    ...BROKEN_PARTS.map(({ name, kept }) => ({ name, events: kept.map((line) => JSON.parse(line) as LogLine) })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = all.flatMap(({ events }) => events).filter(({ subject }) => !isForgotten(subject));
  const undone = new Set(lines.flatMap((line) => (line.type === "undo" ? [line.event] : [])));
  const [ids, contents] = [new Set<string>(), new Set<string>()];
  const byPerson = new Map<string, Event[]>();
  for (const line of lines) {
    const { id, subject, item, at, type, list, position } = line;
    if (type === "undo" || undone.has(id)) continue;
    const content = JSON.stringify([subject, item, at, type, list, position]);
    const isRepeated = ids.has(id) || contents.has(content);
    if (!ids.has(id)) contents.add(content);
    ids.add(id);
    if (isRepeated) continue;
    // The trainer holds it in single precision, so that .9 itself falls short of .9.
    const single = line.type === "view" ? { ...line, fraction: Math.fround(line.fraction!) } : line;
    byPerson.set(subject, [...(byPerson.get(subject) ?? []), single]);
  }
  return byPerson;
}
