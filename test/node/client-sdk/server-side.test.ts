import { expect, test } from "vitest";
import { createRecommender } from "../../../client-sdk/index.ts";

test("a server that renders a page can make the page's recommender, relative URLs included", () => {
  expect(globalThis.location).toBeUndefined();
  const recommender = createRecommender({ endpoint: "/edge", assets: "/assets/nearfeed", wasmPaths: "/assets/ort" });
  expect(recommender.consent).toBe("denied");
  expect(() => createRecommender({ endpoint: "/edge", wasmPaths: "https://" })).toThrow(/wasmPaths/);
});
