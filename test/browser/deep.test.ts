import { expect, test } from "vitest";
import { createDeepSession } from "../../client-sdk/ort.ts";
import { wasmUrl } from "../../client-sdk/urls.ts";
import { encoderInputs } from "../../shared/encoder-inputs.ts";
import { FEATURES } from "../../shared/features.ts";
import { featurize } from "../../shared/featurize.ts";
import { interestAt } from "../../shared/interest.ts";
import { dequantize, gatherVectors } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile } from "../../shared/profile.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { seeded } from "../harness/small-release.ts";
import { after, idsOf, open, shown, until } from "./open.ts";
import { openTwin } from "./twin.ts";

const DIM = 16;
const random = seeded(5);
const weights = Float32Array.from({ length: FEATURES.length }, () => (random() - 0.5) / 50);
const graphs = linearGraphs(DIM, weights);
const like = ["like" as const];
const whole = await syntheticRelease({ items: 300, dim: DIM, models: { ...graphs, heads: like } });
const linearOnly = await syntheticRelease({ items: 300, dim: DIM });

test("ORT gives the logits that the same arithmetic gives by hand", async () => {
  const twin = openTwin(whole);
  const log = ["item-3", "item-11", "item-40"].map((item, i) => twin.event("like", item, 1_700_000_000_000 + i));
  const profile = createProfile(twin.model, log);
  const interest = interestAt(profile, twin.model, 1_700_000_001_000);
  const linear = scoreLinear(twin.table, interest, twin.model);
  const rows = Uint32Array.from({ length: 57 }, (_, i) => i * 3);
  const features = featurize(twin.table, { rows }, interest, linear, twin.model);
  const vectors = gatherVectors(twin.table.columns, rows);
  const session = await createDeepSession({ ...graphs, dim: DIM, heads: 1, wasmUrl: wasmUrl() });
  const logits = await session.score(
    encoderInputs(interest, DIM, { surface: "home", utcOffsetMinutes: 0 }),
    vectors,
    features,
  );
  await session.release();
  expect(logits).toHaveLength(rows.length);
  const sum = new Float64Array(DIM);
  for (const { known } of log) for (let j = 0; j < DIM; j++) sum[j]! += known!.vector[j]!;
  rows.forEach((row, n) => {
    const vector = dequantize(twin.table.columns, row);
    let expected = 0;
    for (let j = 0; j < DIM; j++) expected += sum[j]! * vector[j]!;
    for (let f = 0; f < FEATURES.length; f++) expected += weights[f]! * features[n * FEATURES.length + f]!;
    expect(Math.abs(logits[n]! - expected)).toBeLessThan(1e-4);
  });
});

test("the deep floor comes after the first list, and its order is the one computed apart from the engine", async () => {
  const edge = testEdge(whole);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "deep");
  expect(notices.releases.map(({ floor }) => floor)).toEqual(["linear", "deep"]);
  for (const id of ["item-3", "item-11"]) await after(notices, feed, () => recommender.track("like", id));
  await after(notices, feed, () => recommender.track("skip", "item-8"));
  const list = feed.getSnapshot();
  expect(notices.reactions.at(-1)).toMatchObject({ floor: "deep", ranked: 300 });
  const session = await createDeepSession({ ...graphs, dim: DIM, heads: 1, wasmUrl: wasmUrl() });
  const twin = openTwin(whole);
  const expected = await twin.list(await twin.stored(notices.namespace), { count: 20, deep: session });
  await session.release();
  expect(idsOf(list)).toEqual(expected.map(({ id }) => id));
  list.entries.forEach(({ score }, i) => expect(Math.abs(score - expected[i]!.score)).toBeLessThan(1e-5));
  expect(notices.errors).toEqual([]);
});

test("models that arrive later swap into the open feed", async () => {
  const edge = testEdge(linearOnly);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await shown(feed, ({ floor }) => floor === "linear");
  edge.activate(whole);
  edge.requests.length = 0;
  await recommender.sync();
  await shown(feed, ({ floor }) => floor === "deep");
  const { encoder, ranker } = whole.release.files;
  const fetched = edge.requests.map(({ line }) => line).filter((line) => line.includes("blobs"));
  expect(fetched.sort()).toEqual([encoder!, ranker!].map(({ sha256 }) => `GET /v1/blobs/${sha256}`).sort());
});

test("a tampered model is refused, and the old release and its model go on", async () => {
  const edge = testEdge(whole);
  const { recommender } = open(edge, { consent: "local" });
  const feed = recommender.feed({ surface: "home" });
  const deep = await shown(feed, ({ floor }) => floor === "deep");
  const models = {
    ...linearGraphs(
      DIM,
      weights.map((w) => -w),
    ),
    heads: like,
  };
  const next = await syntheticRelease({ items: 300, dim: DIM, seed: 2, models });
  next.blobs.get(next.release.files.ranker!.sha256)![40]! ^= 1;
  edge.activate(next);
  expect(await recommender.sync()).toMatchObject({
    status: "refused",
    release: whole.release.id,
    error: { code: "bad_release", path: "files.ranker.onnx" },
  });
  const list = await recommender.recommend({ surface: "home" });
  expect(list.floor).toBe("deep");
  expect(idsOf(list)).toEqual(idsOf(deep));
});

test("a model that does not run is refused where one runs already, and leaves the linear floor where none does", async () => {
  const broken = { encoder: new Uint8Array(500), ranker: new Uint8Array(500), heads: like };
  const next = await syntheticRelease({ items: 300, dim: DIM, seed: 3, models: broken });
  const edge = testEdge(whole);
  const running = open(edge, { consent: "local" });
  const feed = running.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "deep");
  edge.activate(next);
  expect(await running.recommender.sync()).toMatchObject({ status: "refused", release: whole.release.id });
  const { recommender, errors } = open(testEdge(next), { consent: "local" });
  await recommender.sync();
  expect((await recommender.recommend({ surface: "home" })).floor).toBe("linear");
  await until(() => errors.some(({ code }) => code === "model"));
  expect((await recommender.recommend({ surface: "home" })).floor).toBe("linear");
});

test("a model that fails in the middle costs the deep floor, not the list", async () => {
  // Logits that overflow as soon as a candidate is the neighbour of a like.
  const poison = new Float32Array(FEATURES.length);
  for (const name of ["neighbour", "neighbour_last_1", "neighbour_last_3"]) poison[FEATURES.indexOf(name)] = 3e38;
  const models = { ...linearGraphs(DIM, poison), heads: like };
  const notices = open(testEdge(await syntheticRelease({ items: 300, dim: DIM, seed: 4, models })), {
    consent: "local",
  });
  const feed = notices.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "deep");
  const liked = await after(notices, feed, () => notices.recommender.track("like", "item-3"));
  expect(liked).toMatchObject({ floor: "linear", status: "ready" });
  expect(notices.errors).toMatchObject([{ code: "model" }]);
  expect((await notices.recommender.recommend({ surface: "home" })).floor).toBe("linear");
});

test("a model of another signature is not run", async () => {
  const { releaseId } = await import("../../shared/release.ts");
  const { digest, text } = await import("../harness/small-release.ts");
  const { id: _, ...draft } = { ...whole.release, signature: "0".repeat(64) };
  const release = { ...draft, id: await releaseId(draft, { digest, text }) };
  const { recommender, errors } = open(testEdge({ ...whole, release }), { consent: "local" });
  await recommender.sync();
  expect((await recommender.recommend({ surface: "home" })).floor).toBe("linear");
  await until(() => errors.length > 0);
  expect(errors).toMatchObject([{ code: "model", path: "release.signature" }]);
});

test("without the wasm of the runtime the linear floor stays", async () => {
  const { recommender, errors } = open(testEdge(whole), { consent: "local", wasmPaths: "/there/is/none/" });
  await recommender.sync();
  expect((await recommender.recommend({ surface: "home" })).floor).toBe("linear");
  await until(() => errors.length > 0);
  expect(errors).toMatchObject([{ code: "model" }]);
});
