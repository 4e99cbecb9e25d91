/** The release of the row `quality-ml-1m`, trained as anybody would: what it takes, by stages, and the memory of all its processes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureProcess } from "../harness/measure-process.ts";
import { missingFile, PUBLIC_DATA } from "../quality/public-data.ts";
import type { Row } from "../schema.ts";

const NAME = "ml-1m";
const COMMAND = join(import.meta.dirname, "../../bin/nearfeed.js");

/** What `nearfeed train --json` says, as far as it is shown. */
interface Trained {
  readonly stages: readonly { readonly stage: string; readonly seconds: number }[];
}

/** No row where the data are not on this machine. */
export async function* wholeTraining(seed: number): AsyncIterable<Row> {
  const data = PUBLIC_DATA[NAME]!;
  if (missingFile(data) !== undefined) return;
  const work = await mkdtemp(join(tmpdir(), "nearfeed-bench-train-"));
  try {
    const args = ["train", data.log, ...data.train, "--deep", "--seed", String(seed), "--json"];
    const out = ["--out", join(work, "release")];
    const { seconds, peakBytes, output } = await measureProcess("node", [COMMAND, ...args, ...out], process.env);
    const { stages } = JSON.parse(output.trim().split("\n").at(-1)!) as Trained;
    const id = `train-${NAME}`;
    const note = stages.map((each) => `${each.stage} ${each.seconds.toFixed(0)} s`).join(", ");
    yield { id, unit: "s", value: Math.round(seconds), seed, note };
    yield { id: `${id}-memory`, unit: "bytes", value: peakBytes, seed, note: "of all its processes, at most" };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
