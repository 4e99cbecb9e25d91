// Devices that go away before they are answered.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { smallRelease } from "../harness/small-release.ts";
import { goLive, ORIGIN } from "./edge.ts";

test("the request that loads a release is carried to its end, whoever asked for it: others wait for what it loads", async () => {
  const small = await smallRelease({ items: 300, dim: 8 });
  await goLive(small);
  const kept: Promise<unknown>[] = [];
  const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work) } as unknown as ExecutionContext;
  const answer = createEdge().fetch(new Request(ORIGIN + ROUTES.start(small.release.id)), env, context);
  expect(kept).toHaveLength(1);
  await Promise.all(kept);
  expect((await answer).status).toBe(200);
});
