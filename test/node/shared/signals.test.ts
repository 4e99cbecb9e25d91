import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../../shared/event.ts";
import { DEFAULT_SIGNALS, signalOf, signalsOf, undoneEvents } from "../../../shared/signals.ts";
import { shuffled } from "./support/random.ts";
import { twinSignals } from "./support/twin-profile.ts";
import { createWorld } from "./support/world.ts";

let serial = 0;
const event = (type: string, item: string, at: number, more: object = {}) =>
  ({ id: String(serial++).padStart(26, "0"), type, item, at, list: "l", ...more }) as Event;
const standing = (...events: Event[]) => signalsOf(events, DEFAULT_SIGNALS).map((signal) => signal.event);

test("a view, a click and a like of one card are one piece of evidence: the like", () => {
  const view = event("view", "a", 1, { dwellMs: 9, fraction: 1 });
  const click = event("click", "a", 2);
  const like = event("like", "a", 3);
  expect(standing(view, click, like)).toEqual([like.id]);
});

test("a like stands against a later skip or view of the same card", () => {
  const like = event("like", "a", 1);
  expect(standing(like, event("skip", "a", 2), event("view", "a", 3, { dwellMs: 1, fraction: 1 }))).toEqual([like.id]);
});

test("the latest of two explicit statements about one card wins", () => {
  const like = event("like", "a", 1);
  const dislike = event("dislike", "a", 2);
  expect(standing(like, dislike)).toEqual([dislike.id]);
  expect(standing(dislike, like)).toEqual([dislike.id]);
});

test("of what was only observed of one card the most confident stands, of equals the latest", () => {
  const finished = event("view", "a", 1, { dwellMs: 9, fraction: 0.95 }); // c = .6
  const click = event("click", "a", 2); // c = .5
  expect(standing(finished, click)).toEqual([finished.id]);
  const again = event("view", "a", 3, { dwellMs: 9, fraction: 0.95 });
  expect(standing(finished, click, again)).toEqual([again.id]);
});

test("the same item in two lists, or outside of any, is two pieces of evidence", () => {
  const first = event("like", "a", 1, { list: "one" });
  const second = event("like", "a", 2, { list: "two" });
  const third = event("like", "a", 3, { list: undefined });
  expect(standing(first, second, third)).toEqual([first.id, second.id, third.id]);
});

test("a list and an item whose names run together are told apart", () => {
  const first = event("like", "b,c", 1, { list: "a" });
  const second = event("like", "c", 2, { list: "a,b" });
  expect(standing(first, second)).toHaveLength(2);
});

test("signals are in the order of time, then id, whatever order the events came in", () => {
  const late = event("like", "a", 9);
  const tied = [event("like", "b", 5), event("like", "c", 5)];
  expect(standing(late, tied[1]!, tied[0]!)).toEqual([tied[0]!.id, tied[1]!.id, late.id]);
});

test("what says nothing gives no signal: an impression, a short view of unknown length, an event outside the table", () => {
  expect(signalOf(event("impression", "a", 1), DEFAULT_SIGNALS)).toBeUndefined();
  expect(signalOf(event("view", "a", 1, { dwellMs: 9 }), DEFAULT_SIGNALS)).toBeUndefined();
  expect(signalOf(event("like", "a", 1), {})).toBeUndefined();
});

test.each([
  [9_999, undefined],
  [10_000, 0.3],
  [29_999, 0.3],
  [30_000, 0.6],
])("a view of a picture, which has no end to reach, counts by its %d ms with confidence %s", (dwellMs, confidence) => {
  const signal = signalOf(event("view", "a", 1, { dwellMs }), DEFAULT_SIGNALS);
  if (confidence === undefined) expect(signal).toBeUndefined();
  else expect(signal).toMatchObject({ target: 1, confidence, repel: 0, explicit: false });
  // Where the part that was played is known, the time says nothing.
  expect(signalOf(event("view", "a", 1, { dwellMs, fraction: 0.1 }), DEFAULT_SIGNALS)).toMatchObject({ target: 0 });
});

test.each([
  [0, 0, 0.1],
  [0.49, 0, 0.1],
  [0.5, 1, 0.3],
  [0.89, 1, 0.3],
  [0.9, 1, 0.6],
  [1, 1, 0.6],
])("a view of %d of an item has target %d and confidence %d", (fraction, target, confidence) => {
  const signal = signalOf(event("view", "a", 1, { dwellMs: 9, fraction }), DEFAULT_SIGNALS);
  expect(signal).toMatchObject({ target, confidence, repel: 0, explicit: false });
});

test.each([
  [0.5, 0, 0.5],
  [2, 0, 0.5],
  [2.5, 0.5, 1],
  [3.5, 0.5, 1],
  [4, 1, 1],
  [5, 1, 1],
])("%d stars have target %d and confidence %d", (value, target, confidence) => {
  expect(signalOf(event("rating", "a", 1, { value }), DEFAULT_SIGNALS)).toMatchObject({ target, confidence });
});

test("a skip is graded evidence: target 0 with small confidence, and it repels", () => {
  expect(signalOf(event("skip", "a", 1), DEFAULT_SIGNALS)).toMatchObject({ target: 0, confidence: 0.3, repel: 1 });
});

test("below the first threshold of a table of one's own there is no signal", () => {
  const table = {
    view: { explicit: false, measure: "fraction" as const, steps: [{ from: 0.3, target: 1, confidence: 1, repel: 0 }] },
  };
  expect(signalOf(event("view", "a", 1, { dwellMs: 1, fraction: 0.29 }), table)).toBeUndefined();
  expect(signalOf(event("view", "a", 1, { dwellMs: 1, fraction: 0.3 }), table)).toMatchObject({ target: 1 });
});

test("an undone like leaves the view of the same card standing", () => {
  const view = event("view", "a", 1, { dwellMs: 9, fraction: 1 });
  const like = event("like", "a", 2);
  expect(standing(view, like, event("undo", "a", 3, { event: like.id }))).toEqual([view.id]);
});

test("an undo that is undone takes nothing back", () => {
  const like = event("like", "a", 1);
  const undo = event("undo", "a", 2, { event: like.id });
  const redo = event("undo", "a", 3, { event: undo.id });
  expect(standing(like, undo)).toEqual([]);
  expect(standing(like, undo, redo)).toEqual([like.id]);
  expect(undoneEvents([like, undo, redo])).toEqual(new Set([undo.id]));
  const third = event("undo", "a", 4, { event: redo.id });
  expect(standing(like, undo, redo, third)).toEqual([]);
});

test("signals of any log are those of the twin, in any order of arrival", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { items: 8, events: 40 });
      const log = [...world.log];
      for (let i = 0; i < 8; i++) log.push(world.event("undo", 0, { event: world.chance.pick(log).event.id }));
      const arrived = shuffled(log.length, world.chance).map((i) => log[i]!.event);
      const got = signalsOf(arrived, DEFAULT_SIGNALS);
      const expected = twinSignals(log, DEFAULT_SIGNALS);
      expect(got.map(({ event: id, target, confidence, repel }) => [id, target, confidence, repel])).toEqual(
        expected.map(({ event: id, y, c, r }) => [id, y, c, r]),
      );
    }),
  );
});
