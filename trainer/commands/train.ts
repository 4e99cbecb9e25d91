/** `nearfeed train`: from logs to a release folder. */
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import { formatTable, PROTOCOLS } from "../evaluate/protocols.ts";
import type { Dataset } from "../read/dataset.ts";
import { readJsonFile } from "../read/json-file.ts";
import { preparedFor, readPrepared, type ReadPrepared } from "../read/read-prepared.ts";
import { type ImportedVectors, readVectors, vectorsFor } from "../read/read-vectors.ts";
import { profileData } from "../report/data-profile.ts";
import { modelCard } from "../report/model-card.ts";
import { noticeBeside } from "../report/notice.ts";
import { createStageClock } from "../report/speed.ts";
import { buildRelease, type BuiltRelease } from "../release/build-release.ts";
import { openRelease } from "../release/open-release.ts";
import { checkReleasePlace, writeReleaseFolder } from "../release/release-folder.ts";
import { fitSpaceMap } from "../release/space-map.ts";
import { eventsBefore } from "../split/split-at.ts";
import { hiddenItems, withoutItems } from "../split/hide-items.ts";
import { splitLast } from "../split/split.ts";
import { learnShown } from "../train/learn-shown.ts";
import { checkDeepPackages, trainDeepRelease } from "../train/train-deep-release.ts";
import { trainItemsAlone } from "../train/train-items-alone.ts";
import { trainLinear } from "../train/train-linear.ts";
import { parseFit } from "../tune/tune-linear.ts";
import { formatCount } from "../terminal/terminal.ts";
import { integerOption, listOption, shareOption, textOption, timeOption } from "./arguments.ts";
import type { Command, CommandInput } from "./command.ts";
import { badRowLimitOf, DATA_OPTIONS, readData, sayBadRows } from "./data-options.ts";
import { measureHeldOut } from "./measure-held-out.ts";
import { readItems } from "./read-items.ts";
import { stageProgress } from "./stages.ts";
import { reportOn } from "./train-report.ts";

/** Where releases go unless told otherwise; `nearfeed dev` and the benchmarks look here. */
export const RELEASES_FOLDER = join(".nearfeed", "releases");

export const MAX_SEED = 2 ** 31 - 1;

/** Events of a person that may be held out. */
const MAX_HOLDOUT = 1000;

/** Options that say what to learn from, which is settled where it was prepared. */
const NOT_PREPARED = ["vectors", "until", "without-items", "unordered", "mapping"] as const;

export const train: Command = {
  summary: "make a release from logs",
  usage:
    "train <files…> [--items FILES] [--out DIR] [options], train --prepared DIR […], or train --items FILES [--out DIR]",
  options: {
    out: { type: "string", value: "DIR", help: `folder of the release (default ${RELEASES_FOLDER}/<id>)` },
    seed: { type: "string", value: "N", help: "the same seed and data give the same models and vectors (default 1)" },
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
    "without-items": {
      type: "string",
      value: "SHARE",
      help: "learn nothing of so many items, drawn by the seed (10%), to measure what new items get: evaluate --protocol cold-start",
    },
    "no-evaluation": { type: "boolean", help: "hold events out, but do not measure on them now" },
    "no-report": { type: "boolean", help: "write no report.html beside the release" },
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
    vectors: {
      type: "string",
      multiple: true,
      value: "FILES",
      help: "item vectors made elsewhere, in place of our own: columns item and vector (repeatable)",
    },
    prepared: {
      type: "string",
      value: "DIR",
      help: "take log, vectors and neighbours from what nearfeed spark made, in place of files and our own",
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
    "Without a log, a first release is made of the item table alone: by what items say about themselves.",
    "Columns with usual names (user_id, item, timestamp, rating, is_click, …) are found; name the others with flags or --mapping.",
    "A report for people, report.html, lies in the folder of the release afterwards; it is not published.",
  ],
  positionals: [0, Infinity],
  run: async (input) => {
    const { terminal, values, signal } = input;
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const out = textOption(values, "out");
    if (out !== undefined) await checkReleasePlace(out);
    const given = await preparedOf(input);
    if (!given && input.positionals.length === 0) return trainAlone(input, seed, out);
    const most = given?.manifest.holdout;
    const usual = Math.min(most ?? Infinity, PROTOCOLS.replay.holdout);
    const holdout = integerOption(values, "holdout", { min: 0, max: most ?? MAX_HOLDOUT, default: usual });
    const measured = holdout > 0 && values["no-evaluation"] !== true;
    if (values["deep"] === true) await checkDeepPackages({ measured });
    const fitFile = textOption(values, "fit");
    const previousFolder = textOption(values, "previous");
    const previous = previousFolder === undefined ? undefined : await openRelease(previousFolder);
    const fit = fitFile === undefined ? undefined : await readJsonFile(fitFile, parseFit);
    const until = timeOption(values, "until");
    const share = shareOption(values, "without-items");
    const withoutAny = share === undefined ? undefined : { share, seed };
    const clock = createStageClock(() => performance.now());
    const log = given ? { ...input, positionals: [given.sample] } : input;
    const { dataset: whole, description, report } = await readData(log, given?.counts.keys());
    const before = until === undefined ? whole : eventsBefore(whole, until);
    const dataset = withoutAny ? withoutItems(before, hiddenItems(before.items, withoutAny), { holdout }) : before;
    if (measured && splitLast(dataset, holdout).test.length === 0) {
      throw new NearfeedError(
        "no_data",
        `No user has enough events to hold ${holdout} out: ${2 * holdout + 1} are needed`,
        {
          hint: "Use --holdout with a smaller number, or 0.",
        },
      );
    }
    const imported = await readImported(input, dataset);
    const prepared = given && preparedFor(dataset.items, given);
    clock.did("reading");
    const progress = stageProgress(terminal);
    const onStep = (stage: string, done: number, total: number) => {
      clock.did(stage);
      progress(stage, done, total);
    };
    const next = await trainLinear(dataset, { seed, holdout, fit, imported, prepared, onStep, signal });
    const shown =
      values["exposures"] === true
        ? await learnShown(next.split.trainAndValidation, next, {
            seed,
            imported,
            prepared,
            onStep,
            signal,
            deep: values["deep"] === true,
          })
        : undefined;
    const linear = shown?.linear ?? next;
    const deep =
      values["deep"] === true
        ? await trainDeepRelease(dataset, linear, { seed, fit, imported, prepared, onStep, signal, shown })
        : undefined;
    const trained = deep?.linear ?? linear;
    progress.done();
    clock.did("constants");
    const graphs = deep && { encoder: deep.encoder, ranker: deep.ranker };
    const model = { ...trained.model, heads: deep?.heads ?? null };
    const table = measured ? await measureHeldOut(input, dataset, { ...trained, model }, graphs, seed) : undefined;
    if (table) for (const line of formatTable(table)) terminal.say(line);
    if (table) clock.did("evaluation");
    const createdAt = Date.now();
    const protocol = dataset.ordered ? ("replay" as const) : ("split" as const);
    const data = profileData(dataset, trained.signals, report, log.positionals, createdAt);
    const notice = await noticeBeside(log.positionals);
    const card = modelCard({ data, seed, holdout, isTuned: !fit, hasDeep: deep !== undefined, table, notice });
    const metrics = {
      holdout,
      seed,
      ...(until !== undefined && { until }),
      ...(shown && { exposures: true }),
      ...(withoutAny && { withoutItems: withoutAny }),
      ...(imported && { vectors: describeVectors(imported) }),
      ...(given && { prepared: describePrepared(given) }),
      ...(table && { protocol, ...table }),
      tuned: { ...trained.fit },
      ...(deep && { deep: deep.report }),
      card,
    } as unknown as JsonObject;
    const spaceMap = previous && fitSpaceMap(previous.assembly, trained.assembly);
    const built = await buildRelease(trained, { createdAt, metrics, deep, spaceMap });
    const { release } = built;
    const folder = await write(input, built, out);
    clock.did("packing");
    const { assembly, signals, split } = trained;
    const stages = clock.times();
    const written = { dataset, signals, ranges: split.test, data, stages, card, seed, until, signal };
    const quality = table && { protocol, holdout, ...table };
    const path =
      values["no-report"] === true
        ? undefined
        : await reportOn(
            { ...written, release, assembly, model, graphs, quality, curves: deep?.curves },
            folder,
            terminal,
          );
    return {
      release: release.id,
      folder,
      ...(path !== undefined && { report: path }),
      data: description,
      ...(imported && { vectors: describeVectors(imported) }),
      ...(given && { prepared: describePrepared(given) }),
      ...table,
      tuned: trained.fit,
      space: release.space,
      stages,
    };
  },
};

/** A first release of an item table. */
async function trainAlone(input: CommandInput, seed: number, out: string | undefined): Promise<object> {
  const { values, signal } = input;
  const about = ["holdout", "until", "without-items", "vectors", "deep", "previous", "fit", "unordered"].find(
    (name) => values[name] !== undefined,
  );
  if (about !== undefined) {
    throw new NearfeedError("bad_argument", `--${about} is about a log, got none`, { path: `--${about}` });
  }
  const { items, description } = await readItems(input);
  const trained = await trainItemsAlone(items, { seed, signal });
  const built = await buildRelease(trained, { createdAt: Date.now(), metrics: { holdout: 0, seed, log: false } });
  const folder = await write(input, built, out);
  return { release: built.release.id, folder, data: description, space: built.release.space };
}

async function write(
  { terminal, signal }: CommandInput,
  { release, bytes }: BuiltRelease,
  out: string | undefined,
): Promise<string> {
  const folder = out ?? join(RELEASES_FOLDER, release.id);
  signal.throwIfAborted();
  await writeReleaseFolder(folder, release, bytes);
  terminal.say(`release ${release.id} in ${folder}`);
  return folder;
}

/** The vectors of --vectors for the items of a log, if there are any. */
async function readImported(
  { terminal, values, signal }: CommandInput,
  dataset: Dataset,
): Promise<ImportedVectors | undefined> {
  const files = listOption(values, "vectors");
  if (files.length === 0) return undefined;
  const progress = terminal.start("reading vectors");
  const read = await readVectors(files, { maxBadRows: badRowLimitOf(values), signal });
  const imported = vectorsFor(dataset.items, read);
  progress.done(`${formatCount(read.vectors.size)} vectors of ${read.dim} numbers`);
  sayBadRows(terminal, read.bad);
  const { unknown, missing } = imported;
  if (unknown > 0) terminal.warn(`  ${formatCount(unknown)} vectors are of items that the catalogue does not have`);
  if (missing > 0)
    terminal.warn(`  ${formatCount(missing)} items have no vector: they get one from what they say of themselves`);
  return imported;
}

/** What --prepared names, if it does. */
async function preparedOf({ positionals, values, terminal, signal }: CommandInput): Promise<ReadPrepared | undefined> {
  const folder = textOption(values, "prepared");
  if (folder === undefined) return undefined;
  const other = NOT_PREPARED.find((name) => values[name] !== undefined);
  if (positionals.length > 0 || other !== undefined) {
    const what = other === undefined ? `the log ${positionals[0]}` : `--${other}`;
    throw new NearfeedError("bad_argument", `--prepared ${folder} has its own log and vectors, got ${what} too`, {
      path: "--prepared",
      hint: "Vectors and neighbours were learnt from the log as it is in the folder.",
    });
  }
  const progress = terminal.start("reading what was prepared");
  const prepared = await readPrepared(folder, signal);
  const { events, people, vectors } = prepared.manifest;
  progress.done(
    `${formatCount(vectors.count)} vectors, learnt from ${formatCount(events)} events of ${formatCount(people)} people`,
  );
  return prepared;
}

function describePrepared({ manifest: { events, people, items, sample, vectors } }: ReadPrepared) {
  return { events, people, items, sample, vectors };
}

function describeVectors({ dim, has, unknown, missing }: ImportedVectors) {
  return { dim, items: has.length - missing, unknown, missing };
}
