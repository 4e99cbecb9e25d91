/** The synthetic log as a log is when nobody was careful: with rows that cannot be used, torn files, and ids that come twice. */
import { gzipSync } from "node:zlib";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DAY_MS, FIRST_DAY_MS, type LogLine, type SyntheticLogOptions, type SyntheticPart } from "./synthetic-log.ts";
import { writePart } from "./write-log.ts";

/** Ten thousand events of four days. */
export const SMALL_LOG: SyntheticLogOptions = {
  events: 10_000,
  people: 200,
  items: 300,
  clusters: 5,
  days: 4,
  seed: 1,
  perPart: 200,
};

/** Parts of the log with events that come again as another: one id with two contents, and one content with two ids. */
export function withClashes(parts: Iterable<SyntheticPart>): SyntheticPart[] {
  return Array.from(parts, ({ name, events }, p) => {
    const [first] = events;
    if (p % 5 !== 0 || first.type === "undo") return { name, events };
    const otherContent: LogLine = { ...first, item: "i0000001", type: "dislike", at: first.at + 5 } as LogLine;
    const otherId: LogLine = { ...first, id: `${first.id.slice(0, 20)}ZZZZZZ` };
    return { name, events: [...events, otherContent, otherId] };
  });
}

/** A row that cannot be used: what is in it, and the field that is wrong. */
export interface BadLine {
  readonly line: string;
  readonly field: string;
}

const sound = (of: object) =>
  JSON.stringify({
    id: "01J0000000BAD0000000000000",
    subject: "P00000001",
    item: "i0000002",
    at: FIRST_DAY_MS,
    type: "like",
    release: "r1",
    surface: "home",
    received: FIRST_DAY_MS + 1_000,
    ...of,
  });

export const BAD_LINES: readonly BadLine[] = [
  { line: '{"id": "half of a li', field: "row" },
  { line: "[1, 2]", field: "row" },
  { line: sound({ v: 2 }), field: "v" },
  { line: sound({ type: "teleport" }), field: "type" },
  { line: sound({ subject: undefined }), field: "subject" },
  { line: sound({ item: "x".repeat(129) }), field: "item" },
  { line: sound({ at: "never" }), field: "at" },
  { line: sound({ at: FIRST_DAY_MS + 4 * 365 * DAY_MS }), field: "at" },
  { line: sound({ at: FIRST_DAY_MS - 4 * 365 * DAY_MS }), field: "at" },
  { line: sound({ type: "view", dwellMs: "long" }), field: "dwellMs" },
];

export const BAD_PART = "dt=2026-05-01/hour=00/badbad00-000000000000.ndjson.gz";
export const TORN_PART = "dt=2026-05-01/hour=01/badbad00-000000000001.ndjson.gz";

/** Every bad line behind a sound one, in a part of their own. */
export function writeBadPart(events: string): Promise<void> {
  return writePart(
    events,
    BAD_PART,
    BAD_LINES.flatMap(({ line }, i) => [soundLine(i), line]),
  );
}

/** Lines before the tear that are whole. */
export const WHOLE_LINES = 40;

/** A part that ends in the middle, as one whose upload was cut off. @returns how many lines are whole before the tear */
export async function writeTornPart(events: string): Promise<void> {
  const lines = Array.from({ length: WHOLE_LINES }, (_, i) => soundLine(100 + i));
  const whole = gzipSync(`${lines.join("\n")}\n{"id":"cut off he`, { level: 0 });
  await writePart(events, TORN_PART, []);
  // Without its checksum and a few bytes: stored, so that the tear is where it is meant to be.
  await writeFile(join(events, TORN_PART), whole.subarray(0, whole.length - 12));
}

/** The i-th sound line of the parts below. */
export function soundLine(i: number): string {
  return sound({ id: `01J0000000SND${String(i).padStart(13, "0")}`, at: FIRST_DAY_MS + i });
}
