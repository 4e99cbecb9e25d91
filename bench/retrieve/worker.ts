/**
 * The Worker that the suite `retrieve` measures: the edge's own index over a made-up catalogue, which it loads from a file
 * as the edge loads one from its bucket, once a size.
 *
 * `/search?items=N&repeat=R` searches R times (`&float32` in the rival, `&filter=P` with one that lets P % pass, `&queries=Q`
 * that many at once, `&sources` for an answer of all sources that need no request of a person) and answers when it is done;
 * `/top?items=N` answers the rows that the first query finds.
 */
import { EmbeddedIndex } from "../../edge/retrieval/embedded-index.ts";
import { createIndexMemory } from "../../edge/retrieval/index-memory.ts";
import { kernelModule } from "../../edge/retrieval/kernel-module.ts";
import { readInto } from "../../edge/retrieval/read-into.ts";
import { createScanKernel } from "../../edge/retrieval/scan-kernel.ts";
import { findCandidates, type Pipeline } from "../../edge/retrieval/pipeline.ts";
import { quotasOf } from "../../edge/retrieval/quotas.ts";
import { explore, fresh, popular } from "../../edge/retrieval/sources/in-order.ts";
import { nearest } from "../../edge/retrieval/sources/nearest.ts";
import type { Filter } from "../../shared/filter.ts";
import { decodeIndex, type ItemIndex } from "../../shared/index-file.ts";
import { text } from "../../test/harness/small-release.ts";
import { COUNT, DIM, fileNames, FILTERS } from "./catalogue.ts";
import { createFloat32Index, type Float32Index } from "./float32-index.ts";

interface Env {
  readonly FILES: { fetch(url: string): Promise<Response> };
}

interface Held {
  readonly items: number;
  readonly queries: readonly (readonly number[])[];
  readonly index: ItemIndex;
  readonly embedded: EmbeddedIndex;
  float32?: Float32Index;
}

/** One size at a time: the largest needs a third of a gigabyte with the rival's copy. */
let held: Held | undefined;

export default {
  async fetch(request: Request, { FILES }: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const here = await hold(Number(searchParams.get("items")), FILES);
    const search = searchOf(here, searchParams);
    if (pathname === "/top") return Response.json([...(await search(0))]);
    const repeat = Number(searchParams.get("repeat"));
    let found = 0;
    for (let i = 0; i < repeat; i++) found += (await search(i)).length;
    return Response.json(found);
  },
};

/** A search by the number of its query; it gives the rows of that query. */
function searchOf(here: Held, asked: URLSearchParams): (number: number) => Promise<Uint32Array> {
  const query = (number: number) => here.queries[number % here.queries.length]!;
  if (asked.has("float32")) {
    const rival = (here.float32 ??= createFloat32Index(here.index.columns));
    return async (number) => rival.search(query(number), COUNT);
  }
  const filters: readonly Filter[] = FILTERS[asked.get("filter") as keyof typeof FILTERS] ?? [{}];
  const filter = (number: number) => filters[number % filters.length]!;
  if (asked.has("sources")) {
    return async (number) => {
      const hits = await findCandidates(pipelineOf(here.embedded, query(number)), {
        count: COUNT,
        filter: filter(number),
      });
      return Uint32Array.from(hits, ({ row }) => row);
    };
  }
  const atOnce = Number(asked.get("queries") ?? 1);
  return async (number) => {
    const queries = Array.from({ length: atOnce }, (_, i) => query(number + i));
    const [rows] = await here.embedded.search({ queries, count: COUNT, filter: filter(number) });
    return rows!;
  };
}

/** The sources of an answer of retrieve but `similar` and `trending`, which are lists that lie elsewhere. */
function pipelineOf(index: EmbeddedIndex, query: readonly number[]): Pipeline {
  const quotas = quotasOf(COUNT);
  return {
    filling: [nearest(index, [query])],
    quoted: [
      { source: fresh(index), quota: quotas.fresh },
      { source: popular(index), quota: quotas.popular },
      { source: explore(index, JSON.stringify(query)), quota: quotas.explore },
    ],
  };
}

async function hold(items: number, files: Env["FILES"]): Promise<Held> {
  if (held?.items === items) return held;
  held = undefined;
  const names = fileNames(items);
  const queries = (await (await files.fetch(`http://files/${names.queries}`)).json()) as number[][];
  const answer = await files.fetch(`http://files/${names.index}`);
  const fileBytes = Number(answer.headers.get("Content-Length"));
  const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
  const memory = createIndexMemory(kernel, { fileBytes, items, dim: DIM });
  await readInto(memory.file, answer.body!);
  const index = decodeIndex(memory.file, text);
  return (held = {
    items,
    queries,
    index,
    embedded: new EmbeddedIndex(index, memory, { seed: 0, madeAt: Date.UTC(2025, 0) }),
  });
}
