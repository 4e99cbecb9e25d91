/**
 * The Worker that the suite `retrieve` measures: the edge's own index over a made-up catalogue, made once a size.
 *
 * `/search?items=N&seed=S&repeat=R` searches R times (`&float32` in the rival) and answers when it is done;
 * `/top?items=N&seed=S` answers the rows that the first query finds.
 */
import { EmbeddedIndex } from "../../edge/retrieval/embedded-index.ts";
import { createIndexMemory } from "../../edge/retrieval/index-memory.ts";
import { kernelModule } from "../../edge/retrieval/kernel-module.ts";
import { createScanKernel } from "../../edge/retrieval/scan-kernel.ts";
import { type Catalogue, COUNT, createCatalogue } from "./catalogue.ts";
import { createFloat32Index, type Float32Index } from "./float32-index.ts";

interface Held {
  readonly items: number;
  readonly catalogue: Catalogue;
  readonly index: EmbeddedIndex;
  float32?: Float32Index;
}

/** One size at a time: the largest needs a third of a gigabyte with the rival's copy. */
let held: Held | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const here = hold(Number(searchParams.get("items")), Number(searchParams.get("seed")));
    const float32 = searchParams.has("float32");
    if (pathname === "/top") return Response.json([...(await search(here, 0, float32))]);
    const repeat = Number(searchParams.get("repeat"));
    let found = 0;
    for (let i = 0; i < repeat; i++) found += (await search(here, i, float32)).length;
    return Response.json(found);
  },
};

function hold(items: number, seed: number): Held {
  if (held?.items !== items) {
    held = undefined;
    const catalogue = createCatalogue(items, seed);
    held = { items, catalogue, index: new EmbeddedIndex(catalogue.index) };
  }
  return held;
}

async function search(here: Held, number: number, float32: boolean): Promise<Uint32Array> {
  const { queries, index } = here.catalogue;
  const query = queries[number % queries.length]!;
  if (float32) return (here.float32 ??= createFloat32Index(index.columns)).search(query, COUNT);
  const [rows] = await here.index.search({ queries: [query], count: COUNT, filter: {} });
  return rows!;
}
