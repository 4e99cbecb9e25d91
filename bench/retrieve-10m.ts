/**
 * The exact best 1,000 of ten million items of 64 int8 numbers, in the shards of the edge, beside one scan of the same bytes by
 * the same kernel in one index on one core. Local workerd runs objects one after another, so a search in all of them takes
 * about what its shards take together; where each gets an isolate of its own it takes what the slowest takes. So that they are
 * asked at once is shown by shards that wait: sixty that wait for 200 ms each keep an answer for 200 ms.
 *
 * An answer that is not that of the flat scan, to the row, fails the suite; so does a shard beyond its budget, or a slow one that
 * is not named. With `--quick` it is 200,000 items in as many shards, and says nothing of ten million; NEARFEED_RETRIEVE_ITEMS
 * sets another number, in shards as large as any.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { divide, OBJECT_BYTES, planShards, type ShardRows } from "../edge/shards/plan.ts";
import { blobKey, releaseKey } from "../edge/publish/keys.ts";
import { decodeCandidates } from "../shared/candidates-file.ts";
import { type Release, releaseId } from "../shared/release.ts";
import { digest, smallRelease, text } from "../test/harness/small-release.ts";
import { timedRow } from "./harness/timings.ts";
import { COUNT, DIM, FILTERS } from "./retrieve/catalogue.ts";
import { idOf, largeQueries, writeLargeFiles } from "./retrieve-10m/catalogue-files.ts";
import { type LocalWorker, startLocalWorker } from "./retrieve-10m/local-worker.ts";
import type { Asked } from "./retrieve-10m/worker.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ITEMS = 10_000_000;
const QUICK_ITEMS = 200_000;
/** What ten million need. */
const QUICK_SHARDS = 59;
const QUERIES = 16;
const SAMPLES = 12;
const QUICK_SAMPLES = 4;
/** Searches a sample: a request itself takes some milliseconds, give or take one or two. */
const REPEAT = 3;
const QUICK_REPEAT = 40;
const SHARD_REPEAT = 40;
const WAIT_MS = 200;
const SLOW_MS = 4_000;
const DEADLINE_MS = 1_500;
/** Of the flat scan's time. */
const MOST_OVERHEAD = 1.5;
const QUOTAS = { similar: 0, trending: 0, fresh: 0, popular: 0, explore: 0 };

interface Bench {
  readonly worker: LocalWorker;
  readonly release: Release;
  readonly plan: readonly ShardRows[];
  readonly queries: readonly (readonly number[])[];
  readonly samples: number;
  readonly repeat: number;
  readonly seed: number;
}

interface Found {
  readonly rows: readonly number[];
  readonly missing: readonly string[];
}

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const asked = Number(process.env["NEARFEED_RETRIEVE_ITEMS"] ?? ITEMS);
  if (!Number.isSafeInteger(asked) || asked < QUICK_ITEMS) {
    throw new Error(
      `NEARFEED_RETRIEVE_ITEMS is "${process.env["NEARFEED_RETRIEVE_ITEMS"]}", expected ${QUICK_ITEMS} or more`,
    );
  }
  const items = quick ? QUICK_ITEMS : asked;
  const state = await mkdtemp(join(tmpdir(), "nearfeed-retrieve-10m-"));
  const worker = await startLocalWorker(state);
  try {
    const release = await store(worker, items, seed);
    const plan = quick ? divide(items, QUICK_SHARDS) : planShards(release);
    const queries = largeQueries(items, seed, QUERIES);
    const bench = {
      worker,
      release,
      plan,
      queries,
      samples: quick ? QUICK_SAMPLES : SAMPLES,
      seed,
      repeat: quick ? QUICK_REPEAT : REPEAT,
    };
    yield* loaded(bench, quick);
    const overhead = yield* compared(bench);
    yield* shards(bench);
    yield* waited(bench);
    yield* answered(bench);
    if (!quick && !(overhead <= MOST_OVERHEAD)) {
      throw new Error(`a search in shards takes ${overhead} of the flat scan, at most ${MOST_OVERHEAD} is allowed`);
    }
  } finally {
    await worker.stop();
    await rm(state, { recursive: true });
  }
}

/** Writes a release of so many items into the bucket. Of the files that no shard reads it has those of a small one. */
async function store({ url }: LocalWorker, items: number, seed: number): Promise<Release> {
  const put = async (key: string, body: Uint8Array | string) => {
    // A connection that was idle while a part was made may be closed by the time it is used.
    const send = () => fetch(`${url}/objects/${key}`, { method: "PUT", body: body as BodyInit });
    const answer = await send().catch(send);
    if (!answer.ok) throw new Error(`${key}: HTTP ${answer.status}: ${await answer.text()}`);
  };
  const files = await writeLargeFiles(items, seed, (sha256, bytes) => put(blobKey(sha256), bytes));
  const { release: small } = await smallRelease({ items: 100, dim: DIM, packs: false });
  const content = { ...small, items, space: "bench", files: { ...small.files, ...files } };
  const release = { ...content, id: await releaseId(content, { digest, text }) };
  await put(releaseKey(release.id), JSON.stringify(release));
  return release;
}

/**
 * Each shard reads its rows out of the bucket and makes its orders. What workerd holds more after the second half of them than after
 * the first is theirs, but for what waits to be collected: with the first half comes what it holds for code and buffers.
 */
async function* loaded(bench: Bench, quick: boolean): AsyncIterable<Row> {
  const { worker, plan, seed } = bench;
  const half = plan.length >> 1;
  const samples: number[] = [];
  let before = 0;
  for (const { slot } of plan) {
    if (slot === half) before = await worker.residentBytes();
    const startedAt = performance.now();
    const refusal = await ask(bench, "load", { slot });
    if (refusal !== null) throw new Error(`shard ${slot} refuses its rows: ${JSON.stringify(refusal)}`);
    samples.push(performance.now() - startedAt);
  }
  const value = Math.round(((await worker.residentBytes()) - before) / (plan.length - half));
  const note = `mean of ${plan.length - half} shards; the budget is ${OBJECT_BYTES}`;
  yield timedRow({ id: "retrieve-10m-load", unit: "ms", seed, note: "a shard, from the local bucket" }, samples);
  yield { id: "retrieve-10m-resident", unit: "bytes", value, seed, note };
  if (!quick && value > OBJECT_BYTES) throw new Error(`a shard holds ${value} bytes, its budget is ${OBJECT_BYTES}`);
}

/**
 * The same searches in the shards and in the flat index, by turns; the answers are the same, or the suite fails.
 * @returns the overhead without a filter
 */
async function* compared(bench: Bench): AsyncGenerator<Row, number> {
  let plain = NaN;
  await ask(bench, "load", {});
  const shares = [["", [{}]], ...Object.entries(FILTERS)] as const;
  for (const [share, filters] of shares) {
    const options = { queries: bench.queries, filters };
    for (let n = 0; n < filters.length; n++) await checkSame(bench, bench.queries[n]!, filters[n]!);
    const [flat, sharded]: [number[], number[]] = [[], []];
    for (let n = 0; n < bench.samples; n++) {
      flat.push(await timed(bench, { ...options, flat: true }, bench.repeat));
      sharded.push(await timed(bench, options, bench.repeat));
    }
    const variant = share === "" ? undefined : `filter-${share}-percent`;
    const about = { unit: "ms", seed: bench.seed, note: `each the mean of ${bench.repeat} searches` };
    const ours = timedRow({ id: "retrieve-10m", ...about, ...(variant && { variant }) }, sharded);
    const theirs = timedRow({ id: "retrieve-10m-flat-scan", ...about, ...(variant && { variant }) }, flat);
    yield ours;
    yield theirs;
    const value = Number((ours.p50 / theirs.p50).toFixed(3));
    const unit = "times the flat scan";
    yield { id: "retrieve-10m-overhead", unit, value, seed: bench.seed, ...(variant && { variant }) };
    if (share === "") plain = value;
  }
  return plain;
}

/** What each shard takes by itself: together what a search takes here, the slowest what it takes where they run at once. */
async function* shards(bench: Bench): AsyncIterable<Row> {
  const samples: number[] = [];
  for (const { slot } of bench.plan) samples.push(await timed(bench, { slot, queries: bench.queries }, SHARD_REPEAT));
  const { seed } = bench;
  const note = `of ${samples.length}, each the mean of ${SHARD_REPEAT} searches`;
  const slowest = Math.max(...samples);
  const sum = samples.reduce((a, b) => a + b);
  yield timedRow({ id: "retrieve-10m-shard", unit: "ms", seed, note }, samples);
  yield { id: "retrieve-10m-shard-slowest", unit: "ms", value: round(slowest), seed, note: "were they to run at once" };
  yield { id: "retrieve-10m-shards-sum", unit: "ms", value: round(sum), seed, note: "as they run here" };
}

/** All of them wait, at once; then one waits for longer than an answer does, and is left out and named. */
async function* waited(bench: Bench): AsyncIterable<Row> {
  const { plan, queries, seed } = bench;
  const all = plan.map(({ slot }) => slot);
  const query = queries[0]!;
  const without = await timed(bench, { queries: [query] }, 1);
  const wait = { slots: all, ms: WAIT_MS };
  const spent = await timed(bench, { queries: [query], wait }, 1);
  const note = `all ${plan.length} shards wait ${WAIT_MS} ms each; one after another that were ${plan.length * WAIT_MS} ms`;
  yield { id: "retrieve-10m-all-wait", unit: "ms", value: round(spent - without), seed, note };
  if (spent - without > 3 * WAIT_MS) throw new Error(`shards that wait ${WAIT_MS} ms keep an answer ${spent} ms`);

  const { from, to, slot } = plan[await busiest(bench, query)]!;
  const startedAt = performance.now();
  const slow = { slots: [slot], ms: SLOW_MS };
  const found = (await ask(bench, "search", { queries: [query], wait: slow, deadlineMs: DEADLINE_MS })) as Found;
  const value = performance.now() - startedAt;
  const whole = (await ask(bench, "search", { queries: [query] })) as Found;
  const others = whole.rows.filter((row) => row < from || row >= to);
  const isRight = others.every((row, at) => found.rows[at] === row) && found.rows.length === COUNT;
  if (!isRight || found.missing.join() !== `shard-${slot}`) {
    throw new Error(`without shard ${slot} the answer is not that of the others, or does not say so: ${found.missing}`);
  }
  const lost = `shard-${slot} waits ${SLOW_MS} ms and is named; it has ${whole.rows.length - others.length} of the best 1,000`;
  yield { id: "retrieve-10m-slow-shard", unit: "ms", value: round(value), seed, note: lost };
}

/** The shard with the most of the best rows. */
async function busiest(bench: Bench, query: readonly number[]): Promise<number> {
  const { rows } = (await ask(bench, "search", { queries: [query] })) as Found;
  const counts = bench.plan.map(({ from, to }) => rows.filter((row) => row >= from && row < to).length);
  return counts.indexOf(Math.max(...counts));
}

/** Whole answers with ids and display data of the nearest; ids are those of the rows. */
async function* answered(bench: Bench): AsyncIterable<Row> {
  const samples: number[] = [];
  for (let n = 0; n < bench.samples; n++) {
    const query = bench.queries[n % bench.queries.length]!;
    const startedAt = performance.now();
    const { ids, row } = await candidates(bench, { queries: [query], quotas: QUOTAS });
    samples.push(performance.now() - startedAt);
    const wrong = ids.findIndex((id, at) => id !== idOf(row[at]!));
    if (ids.length !== COUNT || wrong !== -1) throw new Error(`place ${wrong} has the id ${ids[wrong]}`);
  }
  const note = "the candidates file with 1,000 ids and their display data";
  yield timedRow({ id: "retrieve-10m-answer", unit: "ms", seed: bench.seed, note }, samples);
}

async function candidates(bench: Bench, asked: object) {
  const body = { space: "bench", queries: [bench.queries[0]], count: COUNT, catalog: true, ...asked };
  const answer = await post(bench, "answer", { body: JSON.stringify(body) });
  return decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
}

async function checkSame(bench: Bench, query: readonly number[], filter: object): Promise<void> {
  const options = { queries: [query], filters: [filter] };
  const expected = (await ask(bench, "search", { ...options, flat: true })) as Found;
  const { rows, missing } = (await ask(bench, "search", options)) as Found;
  const wrong = expected.rows.findIndex((row, at) => row !== rows[at]);
  if (wrong === -1 && rows.length === expected.rows.length && missing.length === 0) return;
  throw new Error(
    `place ${wrong} is row ${rows[wrong]}, not ${expected.rows[wrong]}; missing: ${missing.join() || "none"}`,
  );
}

/** Milliseconds a search, without what a request takes that searches never. */
async function timed(bench: Bench, asked: Partial<Asked>, repeat: number): Promise<number> {
  const spent = async (times: number) => {
    const startedAt = performance.now();
    await ask(bench, "search", { ...asked, repeat: times });
    return performance.now() - startedAt;
  };
  const idle = await spent(0);
  return ((await spent(repeat)) - idle) / repeat;
}

async function ask(bench: Bench, path: string, asked: Partial<Asked>): Promise<unknown> {
  return (await post(bench, path, asked)).json();
}

async function post({ worker, release, plan }: Bench, path: string, asked: Partial<Asked>): Promise<Response> {
  const answer = await fetch(`${worker.url}/${path}`, {
    method: "POST",
    body: JSON.stringify({ release, plan, ...asked }),
  });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}: ${await answer.text()}`);
  return answer;
}

function round(ms: number): number {
  return Number(ms.toFixed(2));
}
