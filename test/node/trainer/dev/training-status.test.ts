import { afterEach, expect, test } from "vitest";
import { doneBy, serveTrainingStatus, type TrainingStatus } from "../../../../trainer/dev/training-status.ts";

/** What a training prints where nobody looks at a terminal, in its order. */
const LINES = [
  "reading: 1.0 s, 100,004 events of 671 users on 9,066 items",
  "  log: user=user item=item time=timestamp rating=rating timeUnit=s",
  "vectors: 3 of 16, 1.2/s, 11 s left",
  "vectors: 15 s",
  "vectors for tuning: 6 of 8, 1.2/s, 1.7 s left",
  "vectors for tuning: 15 s",
  "encoder: 73 of 156, 2.5/s, 33 s left",
  "encoder: 62 s",
  "moments: 2,923 of 5,653, 146/s, 19 s left",
  "moments: 33 s",
  "ranker: 284 of 318, 3.4/s, 9.9 s left",
  "ranker: 90 s",
  "release d89a6f22ed30e797a653643bc2e01a3d in releases/deep-75053376",
];

let status: TrainingStatus | undefined;
afterEach(() => {
  status?.close();
  status = undefined;
});

const ask = async () => (await (await fetch(status!.url)).json()) as { leftMs: number | null } | null;

test("what is done only grows, and is all of it with the last stage", () => {
  const done = LINES.map(doneBy).filter((part) => part > 0);
  expect(done).toHaveLength(LINES.length - 2);
  expect([...done].sort((a, b) => a - b)).toEqual(done);
  expect(done.at(-1)).toBeCloseTo(1, 9);
});

test("a line that is none of a stage says nothing", () => {
  for (const line of ["", "log: user=user", "a warning: 3 of 4", "linear: vectors: 10 s"]) expect(doneBy(line)).toBe(0);
});

test("it answers null, then what is left, then null again", async () => {
  let now = 0;
  status = await serveTrainingStatus(() => now);
  expect(await ask()).toBeNull();
  status.begin();
  expect(await ask()).toEqual({ leftMs: null });
  for (const line of LINES.slice(0, 3)) status.line(line);
  expect(await ask()).toEqual({ leftMs: null });
  now = 84_000;
  for (const line of LINES.slice(0, 8)) status.line(line);
  // 56 of 100 parts took 84 s.
  expect(await ask()).toEqual({ leftMs: 66_000 });
  // While nothing is told, time passes all the same.
  now = 94_000;
  expect(await ask()).toEqual({ leftMs: 56_000 });
  now = 200_000;
  for (const line of LINES) status.line(line);
  expect(await ask()).toEqual({ leftMs: 0 });
  status.end();
  expect(await ask()).toBeNull();
});

test("it can be asked from this machine only", async () => {
  status = await serveTrainingStatus(() => 0);
  expect(new URL(status.url).hostname).toBe("127.0.0.1");
});
