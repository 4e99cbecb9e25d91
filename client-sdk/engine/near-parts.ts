/**
 * The parts that a near pool is made of: pool files of interest cells, or one answer of retrieval. Chosen, fetched and
 * read here; when that is due, and what becomes of them, is `near-pool.ts`.
 */
import { decodeCells } from "../../shared/cells-file.ts";
import { chooseCells, LARGEST_POOL, poolBudget, sizeOf } from "../../shared/choose-cells.ts";
import type { Filter } from "../../shared/filter.ts";
import type { Interest } from "../../shared/interest.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { Release } from "../../shared/release.ts";
import { textCodec } from "../runtime.ts";
import type { StateValues } from "../storage/schema.ts";
import type { FileBytes } from "../sync/files.ts";
import type { Send } from "../sync/http.ts";
import { fetchPools } from "../sync/pools.ts";
import { retrieve } from "../sync/retrieve.ts";
import { decodePool } from "./held.ts";
import type { Items } from "./held.ts";

export type StoredPart = StateValues["near"]["parts"][number];
export type Part = StoredPart & { readonly items: Items };

export interface PartsSource {
  readonly endpoint: string;
  readonly send: Send;
  readonly place: Pick<Filter, "language" | "region">;
  /** Bytes by hash. */
  readonly files: () => FileBytes;
}

/** What parts are chosen by. */
export interface PartsQuery {
  readonly release: Release;
  readonly model: ScoringModel;
  readonly interest: Interest;
  /** How many of some items the person has not met. */
  readonly unseen: (items: Items) => number;
}

/** @throws NearfeedError of the format, `bad_release` */
export function readPart({ cell, bytes }: StoredPart, release: Release, model: ScoringModel): Part {
  return { cell, bytes, items: decodePool(release, bytes, model) };
}

/**
 * The candidates that the edge finds for the query vectors.
 *
 * @throws NearfeedError `offline`, what the edge objected to, or what its answer is not
 */
export async function partOfEdge({ endpoint, send, place }: PartsSource, query: PartsQuery): Promise<Part> {
  const { release, model, interest } = query;
  return readPart({ cell: null, bytes: await retrieve(send, endpoint, release, interest, place) }, release, model);
}

/**
 * The cells nearest to taste and intent, those that are held not fetched again, and as many of the other held ones as can
 * be ranked in a frame.
 *
 * @returns `before` where nothing else was chosen, undefined where the release names no cells
 * @throws NearfeedError as {@link partOfEdge}
 */
export async function partsByCell(
  { endpoint, send, files }: PartsSource,
  { release, model, interest, unseen }: PartsQuery,
  before: readonly Part[],
): Promise<readonly Part[] | undefined> {
  const file = release.files.cells;
  const bytes = file && files().get(file.sha256);
  if (!bytes) return undefined;
  const cells = decodeCells(bytes, release, textCodec);
  const parts = new Map(before.map((part) => [part.cell, part]));
  const chosen: (number | null)[] = chooseCells(cells, [interest.taste.mean, interest.intent.mean], {
    budget: poolBudget(release.items),
    cost(cell) {
      const part = parts.get(cell);
      return part ? unseen(part.items) : sizeOf(cells, cell);
    },
  });
  const missing = chosen.filter((cell) => cell !== null && !parts.has(cell)) as number[];
  if (missing.length === 0) return before;
  // In ascending order: the order of the requests says nothing of what is liked best.
  const fetched = await fetchPools(
    send,
    endpoint,
    release,
    missing.sort((a, b) => a - b),
  );
  for (const each of fetched) parts.set(each.cell, readPart(each, release, model));
  return nearest([...new Set([...chosen, ...parts.keys()])].map((cell) => parts.get(cell)!));
}

/** Without the last ones, which are the farthest, where all together are too many. */
function nearest(parts: readonly Part[]): Part[] {
  let size = 0;
  return parts.filter(({ items }) => (size += items.table.columns.size) <= LARGEST_POOL);
}
