// One request of every route that the edge takes as it is: what malformed ones are made of. A new route is one entry more,
// and a test compares this table with the routes of the edge.

import { createUlid } from "../../../shared/ulid.ts";
import type { Clock, Random } from "../../../shared/runtime.ts";
import type { SmallRelease } from "../small-release.ts";

/** Release and channel that must be there. */
export interface Fixture {
  /** Active on `stable`, after another one. */
  readonly active: SmallRelease;
  readonly publicKey: string;
  /** The name of a part of the event log, `dt=…/hour=…/…`. */
  readonly part: string;
  readonly now: Clock;
  readonly random: Random;
}

/** A request that is answered with a success. */
export interface ValidRequest {
  /** Method and path, as edge/app.ts has them. */
  readonly route: string;
  /** The values of the path's parameters, in order. */
  readonly parameters: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Whether it needs the publish secret. */
  readonly secret?: true;
  /** JSON, or the bytes of a file. */
  readonly body?: unknown;
}

/** An item that the release has not; it is added before it is deleted. */
const ADDED = "added";

/** The table. Events have new ids in every table that is made. */
export function validRequests({ active, publicKey, part, now, random }: Fixture): readonly ValidRequest[] {
  const { release, blobs, ids } = active;
  const [[sha256, bytes]] = [...blobs];
  const nextId = createUlid(now, random);
  const event = (rest: object) => ({ id: nextId(), item: ids[0], at: now(), ...rest });
  const context = { list: "list-1", position: 0 };
  return [
    { route: "GET /healthz", parameters: [] },
    { route: "GET /v1/openapi.json", parameters: [] },
    { route: "GET /v1/manifest", parameters: [], query: { channel: "stable" } },
    { route: "GET /v1/blobs/:sha256", parameters: [sha256] },
    { route: "GET /v1/:release/start", parameters: [release.id], query: { language: "de", region: "DE" } },
    { route: "GET /v1/:release/pools/:cell", parameters: [release.id, "1"] },
    { route: "GET /v1/:release/rows/:block", parameters: [release.id, "0"] },
    { route: "GET /v1/:release/similar/:item", parameters: [release.id, ids[1]!] },
    { route: "GET /v1/trending", parameters: [], query: { surface: "home", region: "DE" } },
    {
      route: "POST /v1/:release/retrieve",
      parameters: [release.id],
      body: {
        space: release.space,
        queries: [Array.from({ length: release.dim }, (_, i) => i / 8), Array<number>(release.dim).fill(0.25)],
        count: 5,
        items: [ids[2], ids[3]],
        filter: {
          language: "de",
          region: "DE",
          categories: { any: ["Drama", "Action"], all: [], none: ["Horror"] },
          publishedAfter: 1,
        },
        catalog: true,
      },
    },
    {
      route: "POST /v1/events",
      parameters: [],
      body: {
        v: 1,
        key: publicKey,
        subject: "A".repeat(26),
        release: release.id,
        surface: "home",
        language: "de",
        region: "DE",
        utcOffsetMinutes: 60,
        events: [
          event({ type: "like", ...context }),
          event({ type: "view", dwellMs: 3, fraction: 0.5, ...context }),
          event({ type: "rating", value: 4.5 }),
          event({ type: "impression", ...context, sources: ["popular"], policy: "p", explored: false, propensity: 1 }),
        ],
      },
    },
    { route: "POST /v1/forget", parameters: [], body: { token: "A".repeat(43) } },
    { route: "PUT /v1/blobs/:sha256", parameters: [sha256], secret: true, body: bytes },
    { route: "PUT /v1/releases/:id", parameters: [release.id], secret: true, body: JSON.parse(active.json) as unknown },
    { route: "POST /v1/releases/:id/vectors", parameters: [release.id], secret: true, body: { from: 0 } },
    { route: "GET /v1/channels/:name", parameters: ["stable"], secret: true },
    {
      route: "POST /v1/channels/:name",
      parameters: ["never-made"],
      secret: true,
      body: { action: "activate", release: release.id, expect: 0 },
    },
    {
      route: "PUT /v1/items",
      parameters: [],
      secret: true,
      body: [
        {
          id: ADDED,
          categories: ["Drama"],
          title: "Title",
          tags: ["tag"],
          author: "author-1",
          durationMs: 90_000,
          language: "de",
          regions: ["DE"],
          publishedAt: now(),
          text: "Text",
          url: "https://example.test/",
          image: "https://example.test/image",
          data: { own: 1 },
        },
        { id: `${ADDED}-2`, categories: [] },
      ],
    },
    { route: "DELETE /v1/items/:id", parameters: [ADDED], secret: true },
    { route: "POST /v1/gc", parameters: [], secret: true, body: { dryRun: true } },
    { route: "GET /v1/logs", parameters: [], query: { after: "dt=2000-01-01" }, secret: true },
    { route: "POST /v1/logs/compact", parameters: [], secret: true },
    { route: "GET /v1/logs/:date/:hour/:part", parameters: part.split("/"), secret: true },
    { route: "GET /v1/metrics", parameters: [], secret: true },
  ];
}
