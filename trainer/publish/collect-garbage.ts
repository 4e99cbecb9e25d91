/** Has an edge delete the releases that no channel serves and the files that no release names, step by step to the end. */
import { type GarbageStep, garbageStep } from "../../shared/garbage.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { createEdgeConnection, type EdgeOptions, TRANSFER_TIMEOUT_MS } from "./edge-connection.ts";

export interface GarbageReport {
  /** True: nothing was deleted. */
  readonly dryRun: boolean;
  /** Objects that were looked at. */
  readonly looked: number;
  /** Ids of the releases that went, or would go. */
  readonly releases: readonly string[];
  /** Hashes of the files that went, or would go. */
  readonly files: readonly string[];
  /** Ids of the releases whose vectors in Vectorize went, or would go. */
  readonly vectors: readonly string[];
  readonly bytes: number;
}

/** @throws NearfeedError `edge_failed`; interrupted, what is left waits for the next time */
export async function collectGarbage(
  edge: EdgeOptions,
  { dryRun }: { readonly dryRun: boolean },
): Promise<GarbageReport> {
  const { call, read } = createEdgeConnection(edge);
  const keys: string[] = [];
  let [looked, bytes] = [0, 0];
  for (let after: string | null | undefined; after !== null;) {
    edge.signal?.throwIfAborted();
    const body = JSON.stringify({ ...(after !== undefined && { after }), ...(dryRun && { dryRun }) });
    const headers = { "Content-Type": "application/json" };
    const answer = await call(ROUTES.garbage(), { method: "POST", body, headers, timeoutMs: TRANSFER_TIMEOUT_MS });
    const step: GarbageStep = read(answer, "collect garbage", (value) => garbageStep(value, ""));
    keys.push(...step.deleted);
    bytes += step.bytes;
    looked += step.looked;
    after = step.next;
  }
  return {
    dryRun,
    looked,
    releases: named(keys, RELEASE),
    files: named(keys, FILE),
    vectors: named(keys, VECTORS),
    bytes,
  };
}

const RELEASE = /^releases\/(.+)\.json$/;
const VECTORS = /^vectors\/(.+)\.json$/;
const FILE = /^blobs\/(.+)$/;

function named(keys: readonly string[], pattern: RegExp): string[] {
  return keys.flatMap((key) => pattern.exec(key)?.[1] ?? []);
}
