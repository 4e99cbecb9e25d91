import { expect, test } from "vitest";
import { garbageRequest, type GarbageRequest, type GarbageStep } from "../../../../shared/garbage.ts";
import { collectGarbage } from "../../../../trainer/publish/collect-garbage.ts";

/** An edge that answers these steps in turn. */
function edgeOf(steps: readonly (GarbageStep | Response)[]) {
  const asked: GarbageRequest[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    expect([String(url), init?.method]).toEqual(["https://edge.test/v1/gc", "POST"]);
    asked.push(garbageRequest(JSON.parse(String(init?.body)), ""));
    const step = steps[asked.length - 1]!;
    return step instanceof Response ? step : Response.json(step);
  };
  return { asked, edge: { edge: "https://edge.test", secret: "s", fetch } };
}

const release = "a".repeat(32);
const file = "b".repeat(64);
const STEPS = [
  { looked: 3, deleted: [`releases/${release}.json`], bytes: 10, next: "blobs/" },
  { looked: 1_000, deleted: [`blobs/${file}`], bytes: 500, next: "blobs/c" },
  { looked: 7, deleted: [], bytes: 0, next: "vectors/" },
  { looked: 2, deleted: [], bytes: 0, next: "vectors/" },
  { looked: 2, deleted: [`vectors/${release}.json`], bytes: 20, next: null },
];

test("goes from step to step to the end, and says what all of them did", async () => {
  const { asked, edge } = edgeOf(STEPS);
  expect(await collectGarbage(edge, { dryRun: false })).toEqual({
    dryRun: false,
    looked: 1_014,
    releases: [release],
    files: [file],
    vectors: [release],
    bytes: 530,
  });
  const after = ["blobs/", "blobs/c", "vectors/", "vectors/"];
  expect(asked).toEqual([{}, ...after.map((each) => ({ after: each }))]);
});

test("a dry run is one at every step", async () => {
  const { asked, edge } = edgeOf(STEPS);
  expect((await collectGarbage(edge, { dryRun: true })).dryRun).toBe(true);
  expect(asked.map(({ dryRun }) => dryRun)).toEqual(STEPS.map(() => true));
});

test("a refusal ends it, with what the edge said", async () => {
  const error = { code: "unavailable", message: "another garbage collection is under way", hint: "Let it end." };
  const { asked, edge } = edgeOf([STEPS[0]!, Response.json({ error }, { status: 503 })]);
  await expect(collectGarbage(edge, { dryRun: false })).rejects.toMatchObject({
    code: "edge_failed",
    message: expect.stringContaining("another garbage collection"),
    hint: "Let it end.",
  });
  expect(asked).toHaveLength(2);
});

test("an interruption is heard between two steps", async () => {
  const { asked, edge } = edgeOf(STEPS);
  const stop = new AbortController();
  const fetch: typeof globalThis.fetch = async (...given) => {
    stop.abort(new Error("stopped"));
    return edge.fetch(...given);
  };
  const interrupted = collectGarbage({ ...edge, fetch, signal: stop.signal }, { dryRun: false });
  await expect(interrupted).rejects.toThrow("stopped");
  expect(asked).toHaveLength(1);
});
