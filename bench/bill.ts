/**
 * What this build's requests cost where they are billed, as `nearfeed estimate` reckons with it: measured on a real edge in
 * workerd that counts bytes, operations of the bucket, messages, calls of Durable Objects and their rows. CPU is that of the
 * whole workerd process, with its simulators of bucket, queue and objects: more than a Worker is billed for. `--write` keeps
 * the figures in trainer/estimate/measured.json.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describeMachine } from "./harness/results.ts";
import { measureFigures } from "./bill/measure.ts";
import type { Figures } from "./bill/measure.ts";
import type { Measured } from "../trainer/estimate/measured.ts";
import { REQUEST_KINDS } from "../trainer/estimate/workload.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const FILE = join(import.meta.dirname, "../trainer/estimate/measured.json");

let kept: { readonly command: string; readonly figures: Figures } | undefined;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const measured = await measureFigures({ quick, seed });
  kept = { command: `npm run -s bench -- bill${quick ? " --quick" : ""} --write`, figures: measured };
  const { requests, events, store, trending, scanMsAnItem } = measured;
  for (const kind of REQUEST_KINDS) {
    const id = `bill-${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const { cpuMs, bucketB } = requests[kind];
    yield { id: `${id}-cpu`, unit: "ms", value: rounded(cpuMs), seed, note: "of all of workerd" };
    yield { id: `${id}-bucket-reads`, unit: "reads", value: rounded(bucketB), seed };
  }
  yield {
    id: "bill-scan-cpu",
    unit: "ms",
    value: rounded(scanMsAnItem * 1e6),
    seed,
    note: "a million items, of the suite retrieve",
  };
  yield { id: "bill-event-cpu", unit: "ms", value: rounded(events.cpuMs), seed, note: "to the log" };
  yield { id: "bill-vote-cpu", unit: "ms", value: rounded(events.voteCpuMs), seed, note: "a list of what trends" };
  yield { id: "bill-event-rows", unit: "rows", value: rounded(store.event.rowsWritten), seed, note: "written" };
  yield { id: "bill-vote-rows", unit: "rows", value: rounded(trending.vote.rowsWritten), seed, note: "written" };
  yield { id: "bill-event-log", unit: "bytes", value: rounded(events.logBytes), seed, note: "in the bucket" };
  yield { id: "bill-event-id", unit: "bytes", value: rounded(events.idBytes), seed, note: "for two weeks" };
}

/** Keeps the figures for the command. */
export async function write(): Promise<void> {
  const { command, figures } = kept!;
  const whole: Measured = { command, machine: describeMachine(), ...figures };
  await writeFile(FILE, `${JSON.stringify(whole, shortened, 2)}\n`);
}

/** To five digits: more would say of a measurement what it does not know. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
