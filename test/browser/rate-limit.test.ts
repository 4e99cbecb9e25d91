import { expect, test } from "vitest";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 400 });
const WAIT_S = 6;

test("a device that is told to wait asks no more until then, keeps its events and its feed, and sends them once it may", async () => {
  const edge = testEdge(
    release,
    Uint32Array.from({ length: 240 }, (_, row) => row),
  );
  const posts: { route: string; at: number }[] = [];
  let limited = true;
  const fetch: typeof globalThis.fetch = async (url, init) => {
    if (init?.method !== "POST") return edge.fetch(url, init);
    posts.push({ route: String(url).split("/").at(-1)!, at: performance.now() });
    if (!limited) return edge.fetch(url, init);
    const body = JSON.stringify({ error: { code: "rate_limited", message: "too many requests" } });
    return new Response(body, { status: 429, headers: { "Retry-After": String(WAIT_S) } });
  };
  const notices = open(edge, { fetch, consent: "full", publicKey: "pk", retrieval: "edge" });
  const { recommender, errors } = notices;
  const sent: string[] = [];
  recommender.on("sent", ({ method, url }) => method === "POST" && sent.push(url));
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  const like = (i: number) => recommender.track("like", `item-${3 + 8 * i}`);
  for (let i = 0; i < LEAST_POSITIVES; i++) like(i);
  await recommender.recommend({ surface: "home" });
  await until(() => new Set(posts.map(({ route }) => route)).size === 2);
  // Every one of these would be a reason to ask again.
  for (let i = LEAST_POSITIVES; i < LEAST_POSITIVES + 6; i++) {
    like(i);
    expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(posts.map(({ route }) => route).sort()).toEqual(["events", "retrieve"]);
  expect(sent).toHaveLength(2);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
  limited = false;
  await until(() => new Set(edge.received).size === LEAST_POSITIVES + 6, 20_000);
  const of = (name: string) => posts.filter(({ route }) => route === name).map(({ at }) => at);
  const [first, second] = of("events");
  expect(second! - first!).toBeGreaterThanOrEqual(WAIT_S * 1_000);
}, 40_000);
