/** The synthetic log as a log is when nobody was careful: with rows that cannot be used, torn files, and ids that come twice. */
import { gzipSync } from "node:zlib";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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
  { line: sound({ type: "impression", propensity: 0 }), field: "propensity" },
  { line: sound({ type: "impression", propensity: "often" }), field: "propensity" },
];

export const BAD_PART = "dt=2026-05-01/hour=00/badbad00-000000000000.ndjson.gz";

/** Every bad line behind a sound one, in a part of their own. */
export function writeBadPart(events: string): Promise<void> {
  return writePart(
    events,
    BAD_PART,
    BAD_LINES.flatMap(({ line }, i) => [soundLine(i), line]),
  );
}

/** A part whose upload was cut off, or whose bytes are not what they were. */
export interface BrokenPart {
  readonly name: string;
  /** What is left of it. */
  readonly kept: readonly string[];
  /** Where it breaks off. */
  readonly row: number;
  /** Of what is said of it. */
  readonly word: string;
  readonly bytes: Uint8Array;
}

/** Lines before a tear. */
const WHOLE_LINES = 40;

/** Stored, so that a tear is where it is meant to be: before the end's checksum, and of what was stored nothing is missing. */
const tornBehind = (text: string) => gzipSync(text, { level: 0 }).subarray(0, -8);

const brokenPart = (nth: number, of: (whole: string) => Omit<BrokenPart, "name" | "kept">): BrokenPart => {
  const lines = Array.from({ length: WHOLE_LINES }, (_, i) => soundLine(100 * nth + i));
  const part = of(`${lines.join("\n")}\n`);
  const name = `dt=2026-05-01/hour=01/badbad00-${String(nth).padStart(12, "0")}.ndjson.gz`;
  return { name, kept: lines.slice(0, part.row - 1), ...part };
};

const torn = { row: WHOLE_LINES + 1, word: "torn" };

/** Torn in a line, between two, and behind one that has no end yet; with a byte of another value, and with none at all. */
export const BROKEN_PARTS: readonly BrokenPart[] = [
  brokenPart(1, (whole) => ({ ...torn, bytes: tornBehind(`${whole}{"id":"cut off he`) })),
  brokenPart(2, (whole) => ({ ...torn, bytes: tornBehind(whole) })),
  brokenPart(3, (whole) => ({ ...torn, bytes: tornBehind(`${whole}${soundLine(399)}`) })),
  brokenPart(4, (whole) => {
    const bytes = gzipSync(whole, { level: 0 });
    bytes[bytes.length >> 1] ^= 1;
    return { row: 1, word: "damaged bytes (incorrect data check)", bytes };
  }),
  brokenPart(5, () => ({ row: 1, word: "no bytes", bytes: new Uint8Array() })),
];

export async function writeBrokenParts(events: string): Promise<void> {
  for (const { name, bytes } of BROKEN_PARTS) {
    await mkdir(dirname(join(events, name)), { recursive: true });
    await writeFile(join(events, name), bytes);
  }
}

/** The i-th sound line of the parts below. */
export function soundLine(i: number): string {
  return sound({ id: `01J0000000SND${String(i).padStart(13, "0")}`, at: FIRST_DAY_MS + i });
}
