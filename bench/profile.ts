/**
 * One event into a profile of 500: the update, and reading it at both time scales as every list does. In Node, on the
 * thread itself; `rank` measures it together with everything around it.
 */
import { dequantize } from "../shared/item-columns.ts";
import { decodeConstants } from "../shared/constants-file.ts";
import type { Event } from "../shared/event.ts";
import { interestAt } from "../shared/interest.ts";
import { scoringModel } from "../shared/model.ts";
import { createProfile } from "../shared/profile.ts";
import type { LoggedEvent } from "../shared/profile.ts";
import { text } from "../test/harness/small-release.ts";
import { syntheticRelease } from "../test/harness/synthetic/release.ts";
import { onSlowCores } from "./harness/slow-cores.ts";
import { timedRow } from "./harness/timings.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const DIM = 64;
const HISTORY_EVENTS = 500;
const UPDATES = 300;
const QUICK_UPDATES = 50;
/** Updates before the measured ones, for the compiler. */
const WARM_UP = 200;
const KINDS = ["like", "click", "skip", "save"] as const;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const updates = quick ? QUICK_UPDATES : UPDATES;
  yield timedRow({ id: "profile-500", unit: "ms", seed }, await measure(updates, seed));
  yield* onSlowCores(async function* (quota, variant) {
    await quota.take(process.pid);
    yield timedRow({ id: "profile-500", variant, unit: "ms", seed }, await measure(updates, seed));
  });
}

/** @returns milliseconds, one an update */
async function measure(count: number, seed: number): Promise<number[]> {
  const { release, index, blobs } = await syntheticRelease({ items: 1_000, dim: DIM, clusters: 20, seed });
  const model = scoringModel(release, decodeConstants(blobs.get(release.files.constants.sha256)!, DIM, text));
  const startMs = release.createdAt;

  /** Another card each time, so that every event is a signal of its own. */
  function logged(i: number): LoggedEvent {
    const row = (i * 7) % index.columns.size;
    const event: Event = {
      id: `01HF7YAT00TMB5S1RN${String(i).padStart(8, "0")}`,
      type: KINDS[i % KINDS.length]!,
      item: `item-${row}`,
      at: startMs + 60_000 * i,
      list: `list-${i}`,
    };
    const categories = [row % 20];
    return { event, known: { vector: dequantize(index.columns, row), categories, author: 0, neighbours: [] } };
  }

  const samples: number[] = [];
  const updates = WARM_UP + count;
  for (let i = 0; i < updates; i++) {
    // Always 500 events and one more: the history must not grow from sample to sample.
    const profile = createProfile(
      model,
      Array.from({ length: HISTORY_EVENTS }, (_, e) => logged(e)),
    );
    const next = logged(HISTORY_EVENTS + i);
    const startedAt = performance.now();
    profile.append(next);
    const { taste } = interestAt(profile, model, next.event.at);
    const ms = performance.now() - startedAt;
    if (!Number.isFinite(taste.mean[0])) throw new Error("the profile is not finite");
    if (i >= WARM_UP) samples.push(ms);
  }
  return samples;
}
