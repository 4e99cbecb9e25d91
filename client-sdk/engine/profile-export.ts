/**
 * A person's profile as plain JSON: what they take along to another device, and what they can read of themselves. Holds
 * everything the device remembers of them but what is about sending (outbox, random id, consent).
 */
import { NearfeedError } from "../../shared/errors.ts";
import { parseEvent } from "../../shared/event.ts";
import { array, integer, object, oneOf, optional, plainObject, refuse } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { adjustments, knownParser, mark, MAX_DIM } from "../storage/read-stored.ts";
import type { StoredEvent, StoredKnown, StoredMark } from "../storage/schema.ts";
import type { ProfileExport } from "../types.ts";
import type { Person } from "./memory.ts";

/** Raised with every change that an older SDK cannot read. */
const VERSION = 1;

/** As many as a log has, and as many again. */
const MAX_EVENTS = 20_000;
/** Items: more than anybody sees in a life of scrolling. */
const MAX_MARKS = 1_000_000;

/** Events by time, everything else by name: the same profile always gives the same file. @param now epoch ms */
export function exportProfile({ events, seen, banned, adjustments: set }: Person, now: number): ProfileExport {
  return {
    format: "nearfeed-profile",
    version: VERSION,
    exportedAt: now,
    events: [...events].sort(byTime).map(({ event, known }) => ({
      event,
      ...(known && { known: { ...known, vector: base64(known.vector) } }),
    })),
    seen: [...seen].sort(byItem),
    banned: [...banned].sort(byItem),
    adjustments: Object.fromEntries(Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** @throws NearfeedError with the path */
export function parseProfileExport(value: unknown): Person {
  const source = plainObject(value, "");
  // Said first: of another format or version every other difference is only a consequence.
  oneOf(["nearfeed-profile"], "wrong_version")(source["format"], "format");
  oneOf([VERSION], "wrong_version")(source["version"], "version");
  return profile(value, "");
}

const vector: Parser<Float32Array> = (value, path) => {
  if (typeof value !== "string") return refuse("wrong_type", path, "base64 of float32", value);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
  } catch (cause) {
    throw new NearfeedError("bad_value", `${path} must be base64 of float32, got other characters`, { path, cause });
  }
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > 4 * MAX_DIM) {
    return refuse("bad_vector_length", path, `1–${MAX_DIM} float32`, bytes.length);
  }
  const numbers = new Float32Array(bytes.buffer);
  return numbers.every(Number.isFinite) ? numbers : refuse("not_finite", path, "finite numbers", NaN);
};

const known: Parser<StoredKnown> = knownParser(vector);

const happened = object({ event: parseEvent, known: optional(known) });

const event: Parser<StoredEvent> = (value, path) => {
  const parsed = happened(value, path);
  return { id: parsed.event.id, ...parsed };
};

const exported = object({
  format: oneOf(["nearfeed-profile"]),
  version: oneOf([VERSION]),
  exportedAt: integer({ min: 0 }),
  events: array(event, { max: MAX_EVENTS }),
  seen: array(mark, { max: MAX_MARKS }),
  banned: array(mark, { max: MAX_MARKS }),
  adjustments,
});

const profile: Parser<Person> = (value, path) => {
  const { events, seen, banned, adjustments: set } = exported(value, path);
  return { events, seen, banned, adjustments: set };
};

function base64(numbers: Float32Array): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  return a.event.at - b.event.at || (a.id < b.id ? -1 : 1);
}

function byItem(a: StoredMark, b: StoredMark): number {
  return a.item < b.item ? -1 : 1;
}
