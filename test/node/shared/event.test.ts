import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NearfeedError } from "../../../shared/errors.ts";
import { EVENT_LIMITS, EVENT_TYPES, parseEnvelope, parseEvent } from "../../../shared/event.ts";
import type { EventType } from "../../../shared/event.ts";
import { parseItem } from "../../../shared/item.ts";

const NOW = 1_760_000_000_000;
const ID = "01J8ZC2Q5T0000000000000000";
const base = { id: ID, item: "film-1", at: NOW };

/** What each kind needs besides the fields of all. */
const NEEDS: Record<EventType, object> = {
  impression: {},
  view: { dwellMs: 1_000 },
  click: {},
  like: {},
  dislike: {},
  skip: {},
  hide: {},
  share: {},
  save: {},
  purchase: { value: 9.99 },
  rating: { value: 4.5 },
  undo: { event: ID },
};

function errorOf(parse: () => unknown): [string, string | undefined] | null {
  try {
    parse();
    return null;
  } catch (error) {
    return error instanceof NearfeedError ? [error.code, error.path] : ["another error", String(error)];
  }
}

describe("an event", () => {
  test.each(EVENT_TYPES)("of kind %s is taken with what it needs, and not without", (type) => {
    const event = { ...base, type, ...NEEDS[type], list: "l", position: 0 };
    expect(parseEvent(event)).toEqual(event);
    for (const field of Object.keys(NEEDS[type])) {
      expect(errorOf(() => parseEvent({ ...event, [field]: undefined }, "e"))).toEqual(["missing_field", `e.${field}`]);
    }
  });

  test("of an impression says how it was selected", () => {
    const event = {
      ...base,
      type: "impression",
      sources: ["nearest", "explore"],
      policy: "p1",
      explored: true,
      propensity: 0.2,
    };
    expect(parseEvent(event)).toEqual(event);
    expect(errorOf(() => parseEvent({ ...event, propensity: 0 }))).toEqual(["bad_value", "propensity"]);
    expect(errorOf(() => parseEvent({ ...event, sources: ["luck"] }))).toEqual(["bad_value", "sources[0]"]);
  });

  test.each([
    [{ ...base }, "missing_field", "type"],
    [{ ...base, type: "adore" }, "bad_value", "type"],
    [{ ...base, type: 1 }, "bad_value", "type"],
    [{ ...base, type: "constructor" }, "bad_value", "type"],
    [{ ...base, type: "like", id: "1" }, "bad_value", "id"],
    [{ ...base, type: "like", id: 1 }, "wrong_type", "id"],
    [{ ...base, type: "like", item: "" }, "bad_value", "item"],
    [{ ...base, type: "like", item: "x".repeat(129) }, "id_too_long", "item"],
    [{ ...base, type: "like", at: "yesterday" }, "wrong_type", "at"],
    [{ ...base, type: "like", at: 1.5 }, "bad_value", "at"],
    [{ ...base, type: "like", dwellMs: 1 }, "unknown_field", "dwellMs"],
    [{ ...base, type: "like", position: -1 }, "bad_value", "position"],
    [{ ...base, type: "rating", value: 5.5 }, "bad_value", "value"],
    [{ ...base, type: "rating", value: Number.NaN }, "not_finite", "value"],
    [{ ...base, type: "view", dwellMs: -1 }, "bad_value", "dwellMs"],
    [{ ...base, type: "view", dwellMs: 1, fraction: 1.1 }, "bad_value", "fraction"],
    [null, "wrong_type", undefined],
  ])("that is malformed is refused where it is: %#", (event, code, path) => {
    expect(errorOf(() => parseEvent(event))).toEqual([code, path]);
  });
});

describe("an envelope", () => {
  const head = { v: 1, key: "k", release: "r", surface: "home" };
  const like = { ...base, type: "like" };

  test("gives a verdict on each event, in order", () => {
    const events = [like, { ...like, type: "view" }, like];
    const parsed = parseEnvelope({ ...head, subject: "s", utcOffsetMinutes: -480, events }, { now: NOW });
    expect(parsed.head).toEqual({ ...head, subject: "s", utcOffsetMinutes: -480 });
    expect(parsed.events).toEqual([like, like]);
    expect(parsed.verdicts).toMatchObject([
      { index: 0, id: ID, accepted: true },
      { index: 1, id: ID, accepted: false, error: { code: "missing_field", path: "events[1].dwellMs" } },
      { index: 2, id: ID, accepted: true },
    ]);
  });

  test("takes events up to 14 days old and a day ahead", () => {
    const times = [NOW - EVENT_LIMITS.maxAgeMs, NOW + EVENT_LIMITS.maxFutureMs];
    const late = [NOW - EVENT_LIMITS.maxAgeMs - 1, NOW + EVENT_LIMITS.maxFutureMs + 1];
    const events = [...times, ...late].map((at) => ({ ...like, at }));
    const { verdicts } = parseEnvelope({ ...head, events }, { now: NOW });
    expect(verdicts.map((each) => (each.accepted ? "ok" : [each.error.code, each.error.path]))).toEqual([
      "ok",
      "ok",
      ["too_old", "events[2].at"],
      ["bad_value", "events[3].at"],
    ]);
  });

  test("never throws anything but a NearfeedError, and accounts for every event", () => {
    const mixed = fc.array(fc.oneof(fc.anything(), fc.constant(like), fc.constant({ ...like, extra: 1 })));
    fc.assert(
      fc.property(mixed, fc.option(fc.anything(), { nil: "home" }), (events, surface) => {
        let parsed;
        try {
          parsed = parseEnvelope({ ...head, surface, events }, { now: NOW });
        } catch (error) {
          expect(error).toBeInstanceOf(NearfeedError);
          return;
        }
        expect(parsed.verdicts.map(({ index }) => index)).toEqual([...events.keys()]);
        expect(parsed.verdicts.filter(({ accepted }) => accepted).length).toBe(parsed.events.length);
      }),
    );
  });
});

describe("an item", () => {
  test("needs an id and categories, and keeps the rest", () => {
    const item = {
      id: "1",
      categories: ["Drama"],
      title: "T",
      tags: [],
      durationMs: 5,
      regions: ["DE"],
      publishedAt: 0,
      data: { any: [1, { thing: null }] },
    };
    expect(parseItem(item)).toEqual(item);
    expect(errorOf(() => parseItem({ id: "1" }, "items[2]"))).toEqual(["missing_field", "items[2].categories"]);
    expect(errorOf(() => parseItem({ ...item, data: { x: Infinity } }))).toEqual(["not_finite", "data.x"]);
    expect(errorOf(() => parseItem({ ...item, categories: [""] }))).toEqual(["bad_value", "categories[0]"]);
  });
});
