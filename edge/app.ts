// The routes on one screen. What they do is in the folders beside this file; here is who may call them and how.

import { Hono } from "hono";
import type { Context } from "hono";
import { DEFAULT_CHANNEL } from "../shared/channel.ts";
import { NearfeedError } from "../shared/errors.ts";
import { PROTOCOL_VERSION } from "../shared/protocol.ts";
import type { HealthAnswer } from "../shared/protocol.ts";
import type { Clock } from "../shared/runtime.ts";
import { checkEnv } from "./bindings.ts";
import type { EdgeEnv } from "./bindings.ts";
import { releasesChanged } from "./catalogue/catalogue.ts";
import { createLiveReleases } from "./catalogue/live-release.ts";
import { createLiveReader } from "./catalogue/live-view.ts";
import { deleteItem, putItems } from "./catalogue/route.ts";
import { takeForget } from "./events/forget.ts";
import { logKeeper } from "./events/log-keeper.ts";
import { getPart, listParts } from "./events/logs.ts";
import { takeEvents } from "./events/route.ts";
import { codeOf, errorAnswer, jsonAnswer, logLine, secure } from "./http/answers.ts";
import { postableByListed, preflight, readableByAll } from "./http/cors.ts";
import { limitedByAddress } from "./http/rate-limit.ts";
import { knownQuery } from "./http/query.ts";
import { needsSecret } from "./http/secret.ts";
import { createRequestMetrics } from "./metrics/request-metrics.ts";
import { getMetrics } from "./metrics/route.ts";
import { getOpenapi } from "./openapi/route.ts";
import { getBlob, putBlob } from "./publish/blobs.ts";
import { changeChannel, getChannel, getManifest } from "./publish/channels.ts";
import { collectGarbage } from "./publish/collect-garbage.ts";
import { putRelease } from "./publish/releases.ts";
import { putVectors } from "./publish/vectors.ts";
import { packed } from "./retrieval/packed.ts";
import { retrieve } from "./retrieval/retrieve.ts";
import { createServedReleases, RELEASES_BYTES } from "./retrieval/served.ts";
import { similar } from "./retrieval/similar.ts";
import type { TrendingSource } from "./retrieval/sources/trending.ts";
import { start } from "./retrieval/start.ts";
import { checkSharded } from "./shards/open-sharded.ts";
import { createTrendingReader, getTrending } from "./trending/read-trending.ts";

type App = Hono<{ Bindings: EdgeEnv }>;

/** Where hono keeps what is for every path; a request that got no further found no route. */
const EVERY_PATH = "/*";

/** What the application is made with. */
export interface AppOptions {
  now: Clock;
  /** What releases may hold of the Worker's memory; one that needs more is searched in shards. */
  roomBytes?: number;
}

/** The hono application of the edge. */
export function createApp({ now, roomBytes = RELEASES_BYTES }: AppOptions): App {
  const app: App = new Hono();
  const served = createServedReleases({ now, roomBytes });
  const live = createLiveReader({ now });
  const withLive = createLiveReleases(live, { now });
  const release = (c: Context<{ Bindings: EdgeEnv }>) => served.open(c.env, c.req.param("release") ?? "");
  const liveRelease = async (c: Context<{ Bindings: EdgeEnv }>) => withLive(c.env, await release(c));
  const trending = createTrendingReader({ now });
  const trendingOf =
    (c: Context<{ Bindings: EdgeEnv }>): TrendingSource =>
    (place) =>
      trending(c.env, place);
  const packs = (c: Context<{ Bindings: EdgeEnv }>) => served.packs(c.env.BUCKET, c.req.param("release") ?? "");

  let isolate: string | undefined;
  // Workers draw nothing at random before their first request.
  const metrics = createRequestMetrics(() => (isolate ??= crypto.randomUUID().slice(0, 8)));

  app.use(async (c, next) => {
    const began = now();
    await next();
    secure(c.res.headers);
    const { routePath } = c.req;
    const pattern = routePath === EVERY_PATH ? undefined : routePath;
    metrics.request({ method: c.req.method, pattern, status: c.res.status, elapsedMs: now() - began });
  });
  app.use(async (c, next) => {
    checkEnv(c.env);
    await next();
  });

  // For every page: cacheable, no rights needed.
  app.get("/healthz", readableByAll, (c) => {
    knownQuery(c.req.url, []);
    return jsonAnswer({ ok: true, protocol: PROTOCOL_VERSION } satisfies HealthAnswer);
  });
  app.get("/v1/openapi.json", readableByAll, (c) => {
    knownQuery(c.req.url, []);
    return getOpenapi();
  });
  app.get("/v1/manifest", readableByAll, async (c) => {
    const { channel = DEFAULT_CHANNEL } = knownQuery(c.req.url, ["channel"]);
    return getManifest(c.env.BUCKET, c.req.raw, { channel, deleted: await live.read(c.env) });
  });
  app.get("/v1/blobs/:sha256", readableByAll, (c) => {
    knownQuery(c.req.url, []);
    return getBlob(c.env.BUCKET, c.req.raw, c.req.param("sha256"));
  });
  app.get("/v1/:release/start", readableByAll, async (c) => {
    const place = knownQuery(c.req.url, ["language", "region"]);
    return start(await liveRelease(c), place, trendingOf(c));
  });
  app.get("/v1/:release/pools/:cell", readableByAll, async (c) => {
    knownQuery(c.req.url, []);
    return packed(await packs(c), "pools", c.req.param("cell"), c.req.raw);
  });
  app.get("/v1/:release/rows/:block", readableByAll, async (c) => {
    knownQuery(c.req.url, []);
    return packed(await packs(c), "rows", c.req.param("block"), c.req.raw);
  });
  // Any id is another address: no cache holds those who ask for what is not there off the shards.
  app.get("/v1/:release/similar/:item", readableByAll, limitedByAddress, async (c) => {
    knownQuery(c.req.url, []);
    return similar(await liveRelease(c), c.req.param("item"));
  });

  // Any surface is another address, and another list to read.
  app.get("/v1/trending", readableByAll, limitedByAddress, (c) =>
    getTrending({ read: trending, live }, c.env, knownQuery(c.req.url, ["surface", "region"])),
  );

  // For pages of listed origins.
  app.post("/v1/:release/retrieve", postableByListed, limitedByAddress, async (c) => {
    knownQuery(c.req.url, []);
    return retrieve(await liveRelease(c), c.req.raw, trendingOf(c));
  });
  app.post("/v1/events", postableByListed, limitedByAddress, (c) => {
    knownQuery(c.req.url, []);
    return takeEvents(c.env, c.req.raw, { now: now(), onVerdicts: metrics.verdicts });
  });
  app.post("/v1/forget", postableByListed, limitedByAddress, (c) => {
    knownQuery(c.req.url, []);
    return takeForget(c.env, c.req.raw, now());
  });

  // For the publisher.
  app.put("/v1/blobs/:sha256", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    return putBlob(c.env.BUCKET, c.req.raw, { sha256: c.req.param("sha256"), now: now() });
  });
  app.put("/v1/releases/:id", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    return putRelease(c.env.BUCKET, c.req.raw, {
      id: c.req.param("id"),
      now: now(),
      makeRoom: served.makeRoom,
      checkLarge: (large) => (served.isSharded(c.env, large) ? checkSharded(c.env, large) : undefined),
    });
  });
  app.post("/v1/releases/:id/vectors", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    const { id } = c.req.param();
    return putVectors(c.env, c.req.raw, {
      id,
      now: now(),
      open: () => served.published(c.env, id),
      onReady: () => served.reload(id),
    });
  });
  app.get("/v1/channels/:name", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    return getChannel(c.env.BUCKET, c.req.param("name"));
  });
  app.post("/v1/channels/:name", needsSecret, async (c) => {
    knownQuery(c.req.url, []);
    const answer = await changeChannel(c.env.BUCKET, c.req.raw, { name: c.req.param("name"), now: now() });
    served.forget();
    await releasesChanged(c.env);
    return answer;
  });
  app.put("/v1/items", needsSecret, async (c) => {
    knownQuery(c.req.url, []);
    const answer = await putItems(c.env, c.req.raw, { served, now: now() });
    live.forget();
    return answer;
  });
  app.delete("/v1/items/:id", needsSecret, async (c) => {
    knownQuery(c.req.url, []);
    const answer = await deleteItem(c.env, c.req.param("id"));
    live.forget();
    return answer;
  });

  app.post("/v1/gc", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    return collectGarbage(c.env, c.req.raw, now());
  });

  // For the operator.
  app.get("/v1/logs", needsSecret, (c) => {
    const { after } = knownQuery(c.req.url, ["after"]);
    return listParts(c.env.BUCKET, after);
  });
  app.post("/v1/logs/compact", needsSecret, async (c) => {
    knownQuery(c.req.url, []);
    return jsonAnswer(await logKeeper(c.env.LOG_KEEPER).compact());
  });
  app.get("/v1/logs/:date/:hour/:part", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    const { date, hour, part } = c.req.param();
    return getPart(c.env.BUCKET, `${date}/${hour}/${part}`);
  });
  app.get("/v1/metrics", needsSecret, (c) => {
    knownQuery(c.req.url, []);
    return getMetrics(c.env, metrics);
  });

  // Preflights, and methods that a route does not have.
  for (const path of ["/v1/:release/retrieve", "/v1/events", "/v1/forget"]) {
    app.options(path, postableByListed, () => preflight("POST", "Content-Type"));
    app.all(path, () => wrongMethod("POST"));
  }
  const readable = [
    "/healthz",
    "/v1/openapi.json",
    "/v1/manifest",
    "/v1/trending",
    "/v1/:release/start",
    "/v1/:release/pools/:cell",
  ];
  for (const path of [...readable, "/v1/:release/rows/:block", "/v1/:release/similar/:item"]) {
    app.options(path, readableByAll, () => preflight("GET, HEAD", "If-None-Match"));
    app.all(path, () => wrongMethod("GET, HEAD"));
  }
  app.options("/v1/blobs/:sha256", readableByAll, () => preflight("GET, HEAD", "Range, If-Range, If-None-Match"));
  app.all("/v1/blobs/:sha256", () => wrongMethod("GET, HEAD, PUT"));
  app.all("/v1/releases/:id", () => wrongMethod("PUT"));
  app.all("/v1/releases/:id/vectors", () => wrongMethod("POST"));
  app.all("/v1/channels/:name", () => wrongMethod("GET, HEAD, POST"));
  app.all("/v1/items", () => wrongMethod("PUT"));
  app.all("/v1/items/:id", () => wrongMethod("DELETE"));
  for (const path of ["/v1/gc", "/v1/logs/compact"]) app.all(path, () => wrongMethod("POST"));
  for (const path of ["/v1/logs", "/v1/logs/:date/:hour/:part", "/v1/metrics"]) {
    app.all(path, () => wrongMethod("GET, HEAD"));
  }

  app.notFound(() => refuse(new NearfeedError("not_found", "there is no such route")));
  app.onError((error, c) => {
    const answer = refuse(error);
    if (answer.status >= 500) console.error(logLine(error, `${c.req.method} ${c.req.routePath}`));
    return answer;
  });
  return app;

  function refuse(error: unknown): Response {
    metrics.error(codeOf(error));
    return errorAnswer(error);
  }

  function wrongMethod(allowed: string): Response {
    const answer = refuse(new NearfeedError("method_not_allowed", `this route takes ${allowed}`));
    answer.headers.set("Allow", allowed);
    return answer;
  }
}
