/**
 * A person's profile as plain JSON: what they take along to another device, and what they can read of themselves. Holds
 * everything the device remembers of them but what is about sending (outbox, random id, consent).
 */
import { NearfeedError } from "../../shared/errors.ts";
import { parseEvent } from "../../shared/event.ts";
import { array, integer, object, oneOf, optional, plainObject, refuse } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { MAX_DIM } from "../../shared/release.ts";
import { carriedParser } from "../storage/read-carried.ts";
import { adjustments, knownParser, mark } from "../storage/read-stored.ts";
import type { StoredCarried, StoredEvent, StoredKnown, StoredMark, StoredSums } from "../storage/schema.ts";
import type { ExportedCarried, ExportedKnown, ProfileExport } from "../types.ts";
import type { Person } from "./memory.ts";

/** Raised with every change that an older SDK cannot read. */
const VERSION = 2;
/** Without carried evidence. */
const BEFORE = 1;

/** As many as a log has, and as many again. */
const MAX_EVENTS = 20_000;
/** Items: more than anybody sees in a life of scrolling. */
const MAX_MARKS = 1_000_000;

/** Events by time, everything else by name: the same profile always gives the same file. @param now epoch ms */
export function exportProfile(person: Person, now: number): ProfileExport {
  const { events, seen, banned, adjustments: set, carried } = person;
  return {
    format: "nearfeed-profile",
    version: VERSION,
    exportedAt: now,
    events: [...events]
      .sort(byTime)
      .map(({ event, known }) => ({ event, ...(known && { known: exportedKnown(known) }) })),
    seen: [...seen].sort(byItem),
    banned: [...banned].sort(byItem),
    adjustments: Object.fromEntries(Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(carried && { carried: exportedCarried(carried) }),
  };
}

function exportedKnown(known: StoredKnown): ExportedKnown {
  return { ...known, vector: base64(known.vector) };
}

function exportedCarried(carried: StoredCarried): ExportedCarried {
  const sums = ({ scatter, pull, weight }: StoredSums) => ({ scatter: base64(scatter), pull: base64(pull), weight });
  return {
    ...carried,
    taste: sums(carried.taste),
    intent: sums(carried.intent),
    recent: carried.recent.map((each) => ({ ...each, known: exportedKnown(each.known) })),
  };
}

/**
 * @param dim of the release in use. Sums of another one say nothing there and are left out, before anything is done with
 *   them that takes time
 * @throws NearfeedError with the path
 */
export function parseProfileExport(value: unknown, dim: number | undefined): Person {
  const source = plainObject(value, "");
  // Said first: of another format or version every other difference is only a consequence.
  oneOf(["nearfeed-profile"], "wrong_version")(source["format"], "format");
  oneOf([BEFORE, VERSION], "wrong_version")(source["version"], "version");
  const { format: _, version: __, exportedAt: ___, carried, ...person } = exportedParser(dim)(value, "");
  return carried?.taste.pull.length === dim ? { ...person, carried } : person;
}

/** @param max numbers */
function numbers<A extends Float32Array | Float64Array>(
  Numbers: { new (bytes: ArrayBuffer): A; readonly BYTES_PER_ELEMENT: number },
  max: number,
): Parser<A> {
  const size = Numbers.BYTES_PER_ELEMENT;
  const expected = `float${8 * size}`;
  return (value, path) => {
    if (typeof value !== "string") return refuse("wrong_type", path, `base64 of ${expected}`, value);
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
    } catch (cause) {
      throw new NearfeedError("bad_value", `${path} must be base64 of ${expected}, got other characters`, {
        path,
        cause,
      });
    }
    if (bytes.length === 0 || bytes.length % size !== 0 || bytes.length > size * max) {
      return refuse("bad_vector_length", path, `1–${max} ${expected}`, bytes.length);
    }
    const read = new Numbers(bytes.buffer);
    return read.every(Number.isFinite) ? read : refuse("not_finite", path, "finite numbers", NaN);
  };
}

const vector = numbers(Float32Array, MAX_DIM);

const known: Parser<StoredKnown> = knownParser(vector);

const doubles = numbers(Float64Array, (MAX_DIM * (MAX_DIM + 1)) / 2);

const happened = object({ event: parseEvent, known: optional(known) });

const event: Parser<StoredEvent> = (value, path) => {
  const parsed = happened(value, path);
  return { id: parsed.event.id, ...parsed };
};

function exportedParser(dim: number | undefined) {
  return object({
    format: oneOf(["nearfeed-profile"]),
    version: oneOf([BEFORE, VERSION]),
    exportedAt: integer({ min: 0 }),
    events: array(event, { max: MAX_EVENTS }),
    seen: array(mark, { max: MAX_MARKS }),
    banned: array(mark, { max: MAX_MARKS }),
    adjustments,
    carried: optional(carriedParser(doubles, known, (length) => length === dim)),
  });
}

function base64(values: Float32Array | Float64Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  return a.event.at - b.event.at || (a.id < b.id ? -1 : 1);
}

function byItem(a: StoredMark, b: StoredMark): number {
  return a.item < b.item ? -1 : 1;
}
