/**
 * A catalogue of a million items from a release folder to an answer, on the edge that `nearfeed dev` runs: how long the
 * upload takes, how many objects it makes, how long the first answer takes that needs the index, and what an answer takes
 * that needs none. Every answer is compared with the plain scan and with the release itself.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeCandidates } from "../shared/candidates-file.ts";
import { scan } from "../shared/scan.ts";
import { ROUTES } from "../shared/protocol.ts";
import type { RetrieveRequest } from "../shared/protocol.ts";
import { blobsOf, releaseFiles } from "../shared/release.ts";
import { blockOf } from "../shared/row-blocks.ts";
import { topK } from "../shared/top-k.ts";
import { freePort } from "../test/harness/dev-stack.ts";
import { smallRelease, text } from "../test/harness/small-release.ts";
import type { SmallRelease } from "../test/harness/small-release.ts";
import { startEdge } from "../trainer/dev/edge-process.ts";
import { changeChannel } from "../trainer/publish/change-channel.ts";
import { createEdgeClient } from "../trainer/publish/edge-client.ts";
import { uploadRelease } from "../trainer/publish/publish-release.ts";
import { timedRow } from "./harness/timings.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ROOT = join(import.meta.dirname, "..");
const SECRET = "bench";
const DIM = 64;
const ITEMS = 1_000_000;
const QUICK_ITEMS = 40_000;
const NEIGHBOURS = 16;
const COUNT = 1_000;
const SAMPLES = 40;
const QUICK_SAMPLES = 5;
/** For a release that is made, uploaded and checked on a busy machine. */
const LIMIT_MS = 600_000;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const items = quick ? QUICK_ITEMS : ITEMS;
  const small = await smallRelease({
    items,
    dim: DIM,
    seed,
    cells: Math.round(Math.sqrt(items)),
    neighboursPerItem: NEIGHBOURS,
  });
  const { release } = small;
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-bench-"));
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    await writeFolder(join(folder, "release"), small);
    const edge = await startEdge({ root: ROOT, port: await freePort(), state: folder, secret: SECRET, signal });
    try {
      const client = createEdgeClient({ edge: edge.url, secret: SECRET, fetch, signal });
      const startedAt = performance.now();
      const { sentBytes } = await uploadRelease(client, join(folder, "release"));
      const seconds = (performance.now() - startedAt) / 1_000;
      await changeChannel(client, "stable", { action: "activate", release: release.id });
      const objects = releaseFiles(release).flatMap(blobsOf).length;
      const note = `${items} items, ${Math.round(sentBytes / 1e6)} MB, checked by the edge`;
      yield { id: "publish-upload", unit: "s", value: seconds, seed, note };
      yield { id: "publish-objects", unit: "objects", value: objects, seed, note: "of at most 32 MiB" };

      const queryOf = (n: number) => Array.from({ length: DIM }, (_, j) => Math.sin(n * DIM + j));
      const first = await timed(() => retrieve(edge.url, small, queryOf(0)));
      yield { id: "publish-first-answer", unit: "ms", value: first, seed, note: "reads the index from the bucket" };
      const count = quick ? QUICK_SAMPLES : SAMPLES;
      const sample = async (work: (n: number) => Promise<void>): Promise<number[]> => {
        const samples: number[] = [];
        for (let n = 1; n <= count; n++) samples.push(await timed(() => work(n)));
        return samples;
      };
      const about = { unit: "ms", seed };
      const retrieved = await sample((n) => ask(edge.url, small, queryOf(n)).then(() => undefined));
      yield timedRow({ id: "publish-retrieve", ...about, note: "with the neighbours of ten items" }, retrieved);
      const { cells } = release.costs!.pool;
      const pools = await sample((n) => pool(edge.url, small, (n * 7) % cells));
      yield timedRow({ id: "publish-pool", ...about, note: `mean ${kilobytes(release.costs!.pool.bytes)}` }, pools);
      const rows = await sample((n) => block(edge.url, small, small.ids[(n * 9_973) % items]!));
      yield timedRow({ id: "publish-row-block", ...about, note: `mean ${kilobytes(release.costs!.rows.bytes)}` }, rows);
    } finally {
      await edge.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As the trainer writes it: whole files, whatever parts they are uploaded in. */
async function writeFolder(path: string, { release, json, blobs }: SmallRelease): Promise<void> {
  await mkdir(path);
  for (const file of releaseFiles(release)) {
    await writeFile(
      join(path, file.name),
      blobsOf(file).map(({ sha256 }) => blobs.get(sha256)!),
    );
  }
  await writeFile(join(path, "release.json"), json);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function ask(edge: string, { release, ids }: SmallRelease, query: number[]): Promise<Uint8Array> {
  const items = Array.from({ length: 10 }, (_, i) => ids[(i * 3_989) % ids.length]!);
  const body: RetrieveRequest = { space: release.space, queries: [query], count: COUNT, items };
  const answer = await fetch(edge + ROUTES.retrieve(release.id), { method: "POST", body: JSON.stringify(body) });
  return bytesOf(answer);
}

/** @throws Error where what was found is not the exact best */
async function retrieve(edge: string, small: SmallRelease, query: number[]): Promise<void> {
  const { row } = decodeCandidates(await ask(edge, small, query), text);
  const best = topK(scan(small.columns, query), 100);
  const found = new Set(row);
  const missing = best.findIndex((each) => !found.has(each));
  if (missing >= 0) throw new Error(`the answer lacks row ${best[missing]}, the best but ${missing}`);
}

/** @throws Error where the file is not that of the cell */
async function pool(edge: string, { release, ids }: SmallRelease, cell: number): Promise<void> {
  const { row, ids: found } = decodeCandidates(await bytesOf(await fetch(edge + ROUTES.pool(release.id, cell))), text);
  const expected = Math.floor((cell * release.items) / release.costs!.pool.cells);
  if (row[0] !== expected || found[0] !== ids[expected]) throw new Error(`cell ${cell} begins with row ${row[0]}`);
}

/** @throws Error where the block lacks the item */
async function block(edge: string, { release }: SmallRelease, id: string): Promise<void> {
  const number = blockOf(id, release.costs!.rows.blocks);
  const { ids } = decodeCandidates(await bytesOf(await fetch(edge + ROUTES.rows(release.id, number))), text);
  if (!ids.includes(id)) throw new Error(`block ${number} lacks ${id}`);
}

async function bytesOf(answer: Response): Promise<Uint8Array> {
  if (!answer.ok) throw new Error(`${answer.url}: HTTP ${answer.status}: ${await answer.text()}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1_000)} kB`;
}
