/** Exchanging what lists are made from. */
import { expect, test } from "vitest";
import type { Held } from "../../../../client-sdk/engine/held.ts";
import { createHolder } from "../../../../client-sdk/engine/holder.ts";

test("lists wait for decoding and for the exchange, not for what is prepared while the last release is still in use", async () => {
  let prepared = 0;
  let waitedSince = 0;
  let during: Held | undefined;
  const holder = createHolder({
    async prepare() {
      await new Promise((resolve) => setTimeout(resolve, 50));
      during = holder.held;
      prepared = performance.now();
      return undefined;
    },
    taken: (_next, _previous, since) => (waitedSince = since),
  });
  const [first, second] = [{ items: {} }, { items: {} }] as Held[];
  await holder.hold(() => first);
  const before = holder.held;
  await holder.hold(() => second, 7);
  expect(during).toBe(before);
  expect(waitedSince).toBeGreaterThanOrEqual(prepared - 7);
  expect(performance.now() - waitedSince).toBeGreaterThanOrEqual(7);
});
