// Without a worker the deep floor's runtime would be the page's own: here nothing has started it before wasm is gone.
import { test } from "vitest";
import { visitTwice } from "./floors/lacking.ts";

test("lacking wasm and worker, a feed comes, reacts to likes and is there again as far as it can be", () =>
  visitTwice(["wasm", "worker"]));
