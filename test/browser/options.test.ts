import { expect, test } from "vitest";
import { createRecommender, NearfeedError } from "../../client-sdk/index.ts";
import type { Options } from "../../client-sdk/index.ts";

const endpoint = "https://edge.test";

test.for([
  ["nothing at all", undefined, "options"],
  ["no endpoint", {}, "endpoint"],
  ["an endpoint that is no URL", { endpoint: "https://" }, "endpoint"],
  ["an endpoint of another protocol", { endpoint: "ftp://edge.test" }, "endpoint"],
  ["an unknown option", { endpoint, colour: "red" }, "colour"],
  ["an unknown consent", { endpoint, consent: "maybe" }, "consent"],
  ["an unknown retrieval", { endpoint, retrieval: "cloud" }, "retrieval"],
  ["a key of another length", { endpoint, verifyKey: "A".repeat(44) }, "verifyKey"],
  ["a key with bits after its end", { endpoint, verifyKey: `${"A".repeat(42)}B` }, "verifyKey"],
  ["an empty namespace", { endpoint, namespace: "" }, "namespace"],
  ["a namespace that is too long", { endpoint, namespace: "n".repeat(129) }, "namespace"],
  ["a clock that is no function", { endpoint, now: 5 }, "now"],
  ["consent full without a key", { endpoint, consent: "full" }, "publicKey"],
  ["a folder of the SDK's files that is no URL", { endpoint, assets: "https://" }, "assets"],
  ["a folder of wasm that is no URL", { endpoint, wasmPaths: "https://" }, "wasmPaths"],
] as const)("%s is refused as bad_option with its path", ([, options, path]) => {
  let error: unknown;
  try {
    createRecommender(options as unknown as Options);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(NearfeedError);
  expect(error).toMatchObject({ code: "bad_option", path });
});

test("a good recommender starts no request, no worker and no database by itself", async () => {
  const requests: string[] = [];
  const before = performance.getEntriesByType("resource").length;
  const recommender = createRecommender({
    endpoint: "/edge/",
    consent: "local",
    namespace: "unopened",
    worker: () => {
      throw new Error("a worker was started");
    },
    fetch: async (url) => {
      requests.push(String(url));
      return new Response();
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(requests).toEqual([]);
  expect(performance.getEntriesByType("resource").length).toBe(before);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain("nearfeed:unopened");
  expect(recommender.consent).toBe("local");
});
