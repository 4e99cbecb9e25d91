/**
 * Makes a folder hold what an event log holds, an edge's or a bucket's. It keeps no state: what is new, changed or gone is found by
 * comparing, so that a pull that was cut off, or a file that was damaged, is put right by the next one.
 */
import { resolve } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { LogPart } from "../../shared/event-log.ts";
import { makeFolder } from "../make-folder.ts";
import type { LogSource } from "./log-client.ts";
import { holdsPart, partsIn, removePart, writePart } from "./log-folder.ts";

/** Parts are small, so waiting dominates; more at once would gain little and need more memory. */
const FETCHES_AT_ONCE = 8;

export interface PullOptions {
  readonly onPart?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Epoch ms. */
  readonly now?: () => number;
}

export interface PullReport {
  /** Parts that the folder holds now. */
  readonly parts: number;
  /** Of these, fetched now because they were absent, changed or damaged. */
  readonly fetched: number;
  readonly fetchedBytes: number;
  /** Parts that were deleted here because the log has them no longer. */
  readonly removed: number;
}

/**
 * @throws NearfeedError `bad_argument` where the folder cannot be one or holds the log of another edge, `edge_failed`,
 * `hash_mismatch` for bytes that were damaged on the way
 */
export async function pullLogs(client: LogSource, folder: string, options: PullOptions = {}): Promise<PullReport> {
  const { onPart, signal, now = Date.now } = options;
  const target = resolve(folder);
  await makeFolder(target, "DIR");
  const held = await partsIn(target, now());
  const listed = await client.parts();
  const names = new Set(listed.map(({ name }) => name));
  if (held.length > 0 && !held.some((name) => names.has(name))) throw foreignFolder(folder, held.length);

  const stale = held.filter((name) => !names.has(name));
  for (const name of stale) await removePart(target, name);

  const report = { parts: listed.length, fetched: 0, fetchedBytes: 0, removed: stale.length };
  let done = 0;
  const gone: string[] = [];
  await forEachAtOnce(listed, FETCHES_AT_ONCE, async (part) => {
    signal?.throwIfAborted();
    if (!(await holdsPart(target, part))) await fetchPart(part.name);
    onPart?.(++done, listed.length);
  });
  // Behind the last write: what empties a folder may take it from one that is writing there.
  for (const name of gone) await removePart(target, name);
  return report;

  async function fetchPart(name: string): Promise<void> {
    const bytes = await client.part(name);
    if (bytes) {
      await writePart(target, name, bytes);
      report.fetched++;
      report.fetchedBytes += bytes.length;
      return;
    }
    // It went since it was listed: a compaction is under way.
    gone.push(name);
    report.parts--;
  }
}

/** An archive of another edge must not be emptied because of a wrong address. */
function foreignFolder(folder: string, parts: number): NearfeedError {
  return new NearfeedError(
    "bad_argument",
    `${folder} holds ${parts} parts of a log, and the edge or bucket has none of them`,
    {
      path: "DIR",
      hint: "A pull deletes parts that the log no longer has. If that is what you want, delete the folder; else name another.",
    },
  );
}

/** Runs `task` on every entry, `limit` at a time. After a failure nothing new begins; what runs is waited for. */
async function forEachAtOnce(
  parts: readonly LogPart[],
  limit: number,
  task: (part: LogPart) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < parts.length) {
      try {
        await task(parts[next++]);
      } catch (error) {
        next = parts.length;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: limit }, run));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}
