import { expect, test } from "vitest";
import { retrieve } from "../../client-sdk/sync/retrieve.ts";
import type { Interest } from "../../shared/interest.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";

test("a language or region that the release does not list is not sent", async () => {
  const { release } = await syntheticRelease({ items: 20, dim: 4 });
  const listed = { ...release, languages: ["de", "en"], regions: ["AT"] };
  const mean = new Float32Array(4);
  const interest = { taste: { mean }, intent: { mean }, positives: [] } as unknown as Interest;
  const filters: unknown[] = [];
  const send = (_url: string, { body }: { body?: string }) => {
    filters.push((JSON.parse(body!) as { filter: unknown }).filter);
    return Promise.resolve({ status: 200, retryAfter: null, bytes: new Uint8Array() });
  };
  for (const place of [
    { language: "de", region: "AT" },
    { language: "tlh", region: "AT" },
    { region: "my street" },
    {},
  ]) {
    await retrieve(send, "http://edge.test", listed, interest, place);
  }
  expect(filters).toEqual([{ language: "de", region: "AT" }, { region: "AT" }, {}, {}]);
});
