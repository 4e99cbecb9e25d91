import { expect, test } from "vitest";
import { createApp } from "../../edge/app.ts";
import { validRequests } from "../harness/malformed/valid-requests.ts";
import { smallRelease } from "../harness/small-release.ts";

test("every route of the edge has an entry in the table that malformed requests are made of, and no other has", async () => {
  const { routes } = createApp({ now: Date.now });
  const own = routes.filter(({ method, path }) => method !== "ALL" && method !== "OPTIONS" && path !== "/*");
  const active = await smallRelease();
  const table = validRequests({ active, publicKey: "dev", part: "a/b/c", now: Date.now, random: Math.random });
  expect(table.map(({ route }) => route).sort()).toEqual(
    [...new Set(own.map(({ method, path }) => `${method} ${path}`))].sort(),
  );
});
