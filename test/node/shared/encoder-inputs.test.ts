import { expect, test } from "vitest";
import {
  CONTEXT_COLUMNS,
  ENCODER_EVENTS,
  encoderInputs,
  modelSignature,
  SIGNAL_COLUMNS,
} from "../../../shared/encoder-inputs.ts";
import { FEATURES } from "../../../shared/features.ts";
import { interestAt } from "../../../shared/interest.ts";
import { createProfile } from "../../../shared/profile.ts";
import type { LoggedEvent } from "../../../shared/profile.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

const MS_PER_HOUR = 3_600_000;
const HOME = { surface: "home", utcOffsetMinutes: 0 };

function inputs(world: World, log: readonly LoggedEvent[], now: number, moment = HOME) {
  const interest = interestAt(createProfile(world.model, log), world.model, now);
  return { interest, ...encoderInputs(interest, world.model.dim, moment) };
}

test("the newest events fill the last rows, in order, with their vectors and signals", () => {
  const world = createWorld(1, { events: 0 });
  const log = ["like", "skip", "rating"].map((type, row) => world.event(type as "like", row + 3, { value: 3 }));
  const { eventVector, eventSignal, eventMask, eventAge } = inputs(world, log, world.now + 1e9);
  const { dim } = world.model;
  const s = SIGNAL_COLUMNS.length;
  expect(eventVector).toHaveLength(ENCODER_EVENTS * dim);
  expect([...eventMask]).toEqual([...Array.from({ length: ENCODER_EVENTS - 3 }, () => 0), 1, 1, 1]);
  expect(eventVector.subarray(0, -3 * dim).every((value) => value === 0)).toBe(true);
  [3, 4, 5].forEach((row, i) => {
    const at = (ENCODER_EVENTS - 3 + i) * dim;
    expect(eventVector.slice(at, at + dim)).toEqual(world.known[row]!.vector);
  });
  expect([...SIGNAL_COLUMNS]).toEqual(["target", "confidence", "repel", "explicit"]);
  expect(eventSignal.subarray(-3 * s)).toEqual(Float32Array.of(1, 1, 0, 1, 0, 0.3, 1, 0, 0.5, 1, 0, 1));
  const lastAt = log[2]!.event.at;
  const hours = log.map(({ event }) => Math.fround((lastAt - event.at) / MS_PER_HOUR));
  expect([...eventAge.subarray(-3)]).toEqual(hours);
  expect(eventAge.at(-1)).toBe(0);
});

test("of a longer history only the newest events are seen", () => {
  const world = createWorld(2, { events: 200, items: 100 });
  const { interest, eventVector, eventMask, context } = inputs(world, world.log, world.now);
  expect(interest.signals.length).toBeGreaterThan(ENCODER_EVENTS);
  expect(eventMask.every((value) => value === 1)).toBe(true);
  const first = interest.signals.at(-ENCODER_EVENTS)!;
  expect(eventVector.slice(0, world.model.dim)).toEqual(first.vector);
  expect(context[CONTEXT_COLUMNS.indexOf("signals")]).toBe(interest.signals.length);
});

test("nobody's inputs are all zero but for the moment", () => {
  const world = createWorld(3, { events: 0 });
  const { eventVector, eventSignal, eventAge, eventMask, context } = inputs(world, [], Date.UTC(1970, 0, 1, 5));
  for (const values of [eventVector, eventSignal, eventAge, eventMask]) {
    expect(values.every((value) => value === 0)).toBe(true);
  }
  expect([...context]).toEqual([0, 5, 3, 0, 0]);
});

test.each([
  ["Monday just after midnight", Date.UTC(2024, 0, 1, 0, 1), 0, 0, 0],
  ["Sunday just before midnight", Date.UTC(2024, 0, 7, 23, 59), 0, 23, 6],
  ["Sunday night in UTC is Monday morning east of it", Date.UTC(2024, 0, 7, 23), 120, 1, 0],
  ["Monday night in UTC is Sunday evening west of it", Date.UTC(2024, 0, 1, 2), -300, 21, 6],
  ["a moment before 1970", Date.UTC(1969, 11, 31, 22), 0, 22, 2],
])("local hour and weekday: %s", (_, now, utcOffsetMinutes, hour, weekday) => {
  const world = createWorld(4, { events: 0 });
  const { context } = inputs(world, [], now, { surface: "home", utcOffsetMinutes });
  expect([context[CONTEXT_COLUMNS.indexOf("local_hour")], context[CONTEXT_COLUMNS.indexOf("weekday")]]).toEqual([
    hour,
    weekday,
  ]);
});

test("surfaces the model knows have numbers of their own, every other shares the last", () => {
  const world = createWorld(5, { events: 0 });
  const numbers = ["home", "sidebar", "similar", "checkout", ""].map(
    (surface) => inputs(world, [], 0, { surface, utcOffsetMinutes: 0 }).context[CONTEXT_COLUMNS.indexOf("surface")],
  );
  expect(numbers).toEqual([0, 1, 2, 3, 3]);
});

test("a model that learnt surfaces of its own numbers those", () => {
  const world = createWorld(5, { events: 0 });
  const interest = interestAt(createProfile(world.model, []), world.model, 0);
  const numbers = ["shelf", "feed", "home", ""].map((surface) => {
    const { context } = encoderInputs(interest, world.model.dim, { surface, utcOffsetMinutes: 0 }, ["feed", "shelf"]);
    return context[CONTEXT_COLUMNS.indexOf("surface")];
  });
  expect(numbers).toEqual([1, 0, 2, 2]);
});

test("the time since the last event is in hours, and never negative", () => {
  const world = createWorld(6, { events: 0 });
  const like = world.event("like", 3);
  const since = (now: number) => inputs(world, [like], now).context[CONTEXT_COLUMNS.indexOf("hours_since_last")];
  expect(since(like.event.at + 1.5 * MS_PER_HOUR)).toBe(1.5);
  expect(since(like.event.at - MS_PER_HOUR)).toBe(0);
});

test("the signature names everything two sides must agree on", () => {
  const signature = modelSignature(64, { names: ["like"] });
  expect(signature).toMatchObject({ dim: 64, heads: ["like"], events: ENCODER_EVENTS, features: FEATURES });
  expect(signature).not.toEqual(modelSignature(32, { names: ["like"] }));
  expect(signature).not.toEqual(modelSignature(64, { names: ["like", "skip"] }));
  expect(signature).not.toEqual(modelSignature(64, { names: ["like"], surfaces: ["feed", "shelf"] }));
  expect(JSON.parse(JSON.stringify(signature))).toEqual(signature);
});
