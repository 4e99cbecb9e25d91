/**
 * The rival that does not look at every item: an HNSW graph (Malkov and Yashunin 2016), hnswlib compiled to wasm. It runs in
 * Node, because it compiles itself from bytes, which Workers refuse; and it has to be told that Node is a page.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { gatherVectors } from "../../shared/item-columns.ts";

export interface HnswIndex {
  search(query: readonly number[], count: number): readonly number[];
}

/** hnswlib's own defaults. */
const LINKS = 16;
const BUILD_BREADTH = 200;
/** The least that finds so many items at all; more finds more of the right ones, and takes longer. */
const SEARCH_BREADTH = 1000;

/** What is used of hnswlib. */
interface Hnswlib {
  HierarchicalNSW: new (space: "ip", dim: number, file: "") => Graph;
}

interface Graph {
  initIndex(size: number, links: number, buildBreadth: number, seed: number): void;
  addPoint(vector: Float32Array, row: number, replaceDeleted: boolean): void;
  setEfSearch(breadth: number): void;
  searchKnn(query: readonly number[], count: number, filter: undefined): { readonly neighbors: readonly number[] };
}

/** The compiled library itself: the package's entry wants a browser's database as well. */
const MODULE = "hnswlib-wasm/dist/hnswlib-317962d7.js";

/** Builds the graph, which takes a third of a millisecond an item and more. */
export async function createHnswIndex(columns: ItemColumns, seed: number): Promise<HnswIndex> {
  const { HierarchicalNSW } = await load();
  const graph = new HierarchicalNSW("ip", columns.dim, "");
  graph.initIndex(columns.size, LINKS, BUILD_BREADTH, seed);
  for (let row = 0; row < columns.size; row++) graph.addPoint(gatherVectors(columns, [row]), row, false);
  graph.setEfSearch(SEARCH_BREADTH);
  return { search: (query, count) => graph.searchKnn(query, count, undefined).neighbors };
}

async function load(): Promise<Hnswlib> {
  const { href } = pathToFileURL(createRequire(import.meta.url).resolve(MODULE));
  const { default: start } = (await import(href)) as { default: () => Promise<Hnswlib> };
  const page = globalThis as { window?: unknown; document?: unknown };
  page.window = globalThis;
  page.document = {};
  try {
    return await start();
  } finally {
    delete page.window;
    delete page.document;
  }
}
