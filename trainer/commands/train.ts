/** `nearfeed train`: from logs to a release folder. */
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import { evaluationTable, formatTable, PROTOCOLS } from "../evaluate/protocols.ts";
import type { Dataset } from "../read/dataset.ts";
import { readJsonFile } from "../read/json-file.ts";
import { buildRelease } from "../release/build-release.ts";
import { openRelease } from "../release/open-release.ts";
import { checkReleasePlace, writeReleaseFolder } from "../release/release-folder.ts";
import { fitSpaceMap } from "../release/space-map.ts";
import { eventsBefore } from "../split/split-at.ts";
import { splitLast } from "../split/split.ts";
import { learnShown } from "../train/learn-shown.ts";
import { type DeepRelease, trainDeepRelease } from "../train/train-deep-release.ts";
import { type TrainedLinear, trainLinear } from "../train/train-linear.ts";
import { parseFit } from "../tune/tune-linear.ts";
import { formatCount } from "../terminal/terminal.ts";
import { integerOption, textOption, timeOption } from "./arguments.ts";
import type { Command, CommandInput } from "./command.ts";
import { DATA_OPTIONS, readData } from "./data-options.ts";
import { stageProgress } from "./stages.ts";

/** Where releases go unless told otherwise; `nearfeed dev` and the benchmarks look here. */
export const RELEASES_FOLDER = join(".nearfeed", "releases");

const MAX_SEED = 2 ** 31 - 1;

export const train: Command = {
  summary: "make a release from logs",
  usage: "train <files…> [--items FILES] [--out DIR] [options]",
  options: {
    out: { type: "string", value: "DIR", help: `folder of the release (default ${RELEASES_FOLDER}/<id>)` },
    seed: { type: "string", value: "N", help: "the same seed and data give the same files (default 1)" },
    holdout: {
      type: "string",
      value: "N",
      help: "events of each user kept out to measure on (default 10; 0 measures nothing)",
    },
    until: {
      type: "string",
      value: "TIME",
      help: "learn from events before it alone (2026-05-04 or 2026-05-04T00:00+08:00)",
    },
    "no-evaluation": { type: "boolean", help: "hold events out, but do not measure on them now" },
    deep: { type: "boolean", help: "train the deep floor too (encoder and ranker)" },
    exposures: {
      type: "boolean",
      help: "learn what people take of what they are shown, in place of what they take next; for logs of exposures",
    },
    previous: {
      type: "string",
      value: "DIR",
      help: "the release in use: people keep what they liked of items that are gone",
    },
    fit: {
      type: "string",
      value: "FILE",
      help: "weights found before, as printed by --json under `tuned`; without it they are tuned",
    },
    ...DATA_OPTIONS,
  },
  notes: [
    "Files are Parquet, CSV, TSV or NDJSON (also .gz), globs, or folders of them.",
    "Columns with usual names (user_id, item, timestamp, rating, is_click, …) are found; name the others with flags or --mapping.",
  ],
  positionals: [1, Infinity],
  run: async (input) => {
    const { terminal, values, signal } = input;
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const holdout = integerOption(values, "holdout", { min: 0, max: 1000, default: PROTOCOLS.replay.holdout });
    const out = textOption(values, "out");
    if (out !== undefined) await checkReleasePlace(out);
    const fitFile = textOption(values, "fit");
    const previousFolder = textOption(values, "previous");
    const previous = previousFolder === undefined ? undefined : await openRelease(previousFolder);
    const fit = fitFile === undefined ? undefined : await readJsonFile(fitFile, parseFit);
    const until = timeOption(values, "until");
    const { dataset: whole, description } = await readData(input);
    const dataset = until === undefined ? whole : eventsBefore(whole, until);
    const measured = holdout > 0 && values["no-evaluation"] !== true;
    if (measured && splitLast(dataset, holdout).test.length === 0) {
      throw new NearfeedError(
        "no_data",
        `No user has enough events to hold ${holdout} out: ${2 * holdout + 1} are needed`,
        {
          hint: "Use --holdout with a smaller number, or 0.",
        },
      );
    }
    const onStep = stageProgress(terminal);
    const next = await trainLinear(dataset, { seed, holdout, fit, onStep, signal });
    const shown =
      values["exposures"] === true
        ? await learnShown(next.split.trainAndValidation, next, { seed, onStep, signal, deep: values["deep"] === true })
        : undefined;
    const linear = shown?.linear ?? next;
    const deep =
      values["deep"] === true
        ? await trainDeepRelease(dataset, linear, { seed, fit, onStep, signal, shown })
        : undefined;
    const trained = deep?.linear ?? linear;
    onStep.done();
    const table = measured ? await measure(input, dataset, trained, deep, seed) : undefined;
    if (table) for (const line of formatTable(table)) terminal.say(line);
    const metrics = {
      holdout,
      seed,
      ...(until !== undefined && { until }),
      ...(table && { protocol: dataset.ordered ? "replay" : "split", ...table }),
      tuned: { ...trained.fit },
      ...(deep && { deep: deep.report }),
    } as unknown as JsonObject;
    const spaceMap = previous && fitSpaceMap(previous.assembly, trained.assembly);
    const built = await buildRelease(trained, { createdAt: Date.now(), metrics, deep, spaceMap });
    const { release } = built;
    const folder = out ?? join(RELEASES_FOLDER, release.id);
    signal.throwIfAborted();
    await writeReleaseFolder(folder, release, built.bytes);
    terminal.say(`release ${release.id} in ${folder}`);
    return {
      release: release.id,
      folder,
      data: description,
      ...table,
      tuned: trained.fit,
      space: release.space,
    };
  },
};

async function measure(
  { terminal, signal }: CommandInput,
  dataset: Dataset,
  trained: TrainedLinear,
  deep: DeepRelease | undefined,
  seed: number,
) {
  const { split, signals, assembly } = trained;
  const model = { ...trained.model, heads: deep?.heads ?? null };
  const progress = terminal.start("evaluation");
  const total = split.test.reduce((sum, { from, to }) => sum + to - from, 0);
  let targets = 0;
  const table = await evaluationTable({
    ...(deep && { graphs: { encoder: deep.encoder, ranker: deep.ranker } }),
    dataset,
    signals,
    assembly,
    model,
    ranges: split.test,
    // Without order the held-out events of a person are one set, and none comes before another.
    asSet: !dataset.ordered,
    seed,
    signal,
    onTarget: (done) => {
      targets = done;
      progress.update(done, total);
    },
  });
  progress.done(`${formatCount(targets)} targets`);
  return table;
}
