import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("the edge says that it is healthy and which protocol it speaks", async () => {
  const answer = await exports.default.fetch("http://edge.test/healthz");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ ok: true, protocol: 1 });
});
