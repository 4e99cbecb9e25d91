import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createBucket, takesCanary } from "../../../client-sdk/sync/canary.ts";
import type { Store } from "../../../client-sdk/storage/store.ts";
import { digest, text } from "../../harness/small-release.ts";

const ids = await Promise.all(
  Array.from({ length: 40 }, async (_, i) => (await digest(text.encode(`release ${i}`))).slice(0, 32)),
);
const anyId = fc.constantFrom(...ids);
const anyBucket = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyPercent = fc.double({ min: 0, max: 100, noNaN: true });

test("a device that takes a canary goes on taking it as its percentage rises", () => {
  fc.assert(
    fc.property(anyBucket, anyId, anyPercent, anyPercent, (bucket, release, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      if (takesCanary(bucket, { release, percent: less })) {
        expect(takesCanary(bucket, { release, percent: more })).toBe(true);
      }
      expect(takesCanary(bucket, { release, percent: 100 })).toBe(true);
      expect(takesCanary(bucket, { release, percent: 0 })).toBe(false);
    }),
  );
});

test("of all devices exactly the share that was asked for takes it, whichever release it is", () => {
  const devices = Array.from({ length: 10_000 }, (_, i) => i / 10_000);
  for (const release of ids) {
    for (const percent of [0.5, 1, 10, 37, 90]) {
      const taking = devices.filter((bucket) => takesCanary(bucket, { release, percent })).length;
      // One device at either end of the interval may fall on the other side by rounding.
      expect(Math.abs(taking - percent * 100), `${release} ${percent}`).toBeLessThanOrEqual(1);
    }
  }
});

test("the first to get one release are not the first to get the next", () => {
  const firsts = ids.map((release) => {
    const devices = Array.from({ length: 1_000 }, (_, i) => i / 1_000);
    return new Set(devices.filter((bucket) => takesCanary(bucket, { release, percent: 10 })));
  });
  const shared = firsts.slice(1).map((each, i) => [...each].filter((bucket) => firsts[i]!.has(bucket)).length / 100);
  // Independent tenths would share a tenth of themselves.
  expect(shared.reduce((sum, each) => sum + each, 0) / shared.length).toBeLessThan(0.25);
});

test("the number of a device stays while it is held, is that of the store, and is another one once it was forgotten", async () => {
  let drawn = 0;
  const stored = new Map<string, number>();
  const store = {
    async stateOr(name: string, make: () => number) {
      if (!stored.has(name)) stored.set(name, make());
      return stored.get(name)!;
    },
  } as unknown as Store;
  let open = false;
  const bucket = createBucket(
    () => (open ? store : undefined),
    () => ++drawn / 10,
  );
  expect([await bucket.value(), await bucket.value()]).toEqual([0.1, 0.1]);
  // Once it may be stored it is the one that the page has had, and the next visit's.
  open = true;
  expect(await bucket.value()).toBe(0.1);
  expect(stored.get("bucket")).toBe(0.1);
  expect(await createBucket(() => store, Math.random).value()).toBe(0.1);
  const late = bucket.value();
  bucket.forget();
  stored.clear();
  await late;
  expect(await bucket.value()).toBe(0.2);
});
