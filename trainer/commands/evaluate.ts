/** `nearfeed evaluate`: a table of metrics on held-out events, for a release or for one trained here and now. */
import { NearfeedError } from "../../shared/errors.ts";
import { EASE_MOST_ITEMS, type EaseWeights, fitEase } from "../evaluate/ease.ts";
import {
  type EvaluationOptions,
  type EvaluationTable,
  evaluationTable,
  formatTable,
  type ProtocolName,
  PROTOCOLS,
} from "../evaluate/protocols.ts";
import { type ModelName, MODELS } from "../evaluate/scorers.ts";
import type { Dataset } from "../read/dataset.ts";
import { readReleaseFolder } from "../release/release-folder.ts";
import { type HiddenItems, hiddenItems, parseHidden, withoutItems } from "../split/hide-items.ts";
import { joinTest } from "../split/join-test.ts";
import { eventsBefore, eventsFrom } from "../split/split-at.ts";
import { splitLast, type TargetRange } from "../split/split.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";
import { choiceOption, integerOption, listOption, textOption, timeOption } from "./arguments.ts";
import type { Command, CommandInput } from "./command.ts";
import { DATA_OPTIONS, readData } from "./data-options.ts";
import { evaluateColdStart } from "./evaluate-cold-start.ts";
import { evaluateDial } from "./evaluate-dial.ts";
import { evaluateAdaptivity, evaluateFreshness } from "./evaluate-change.ts";
import { evaluateTemporal } from "./evaluate-temporal.ts";
import { openSubject, trainSubject } from "./evaluated-subject.ts";
import { stageProgress } from "./stages.ts";

const MAX_SEED = 2 ** 31 - 1;

const TABLE_PROTOCOLS = Object.keys(PROTOCOLS) as ProtocolName[];
const PROTOCOL_NAMES = [
  ...TABLE_PROTOCOLS,
  "adaptivity",
  "freshness",
  "temporal",
  "exploration",
  "cold-start",
] as const;
type AnyProtocol = (typeof PROTOCOL_NAMES)[number];

/** Events at the end of each person that a protocol without a table of its own asks for. */
const HOLDOUTS = { adaptivity: 10, exploration: 10, freshness: 0, "cold-start": 1 } as const;

/** Protocols whose test part may begin at a moment. */
const BY_TIME: readonly AnyProtocol[] = ["freshness", "temporal", "cold-start"];

/** Those of them that have no test part without. */
const NEEDS_MOMENT: readonly AnyProtocol[] = ["freshness", "temporal"];

const EASE_ROWS: readonly ModelName[] = ["ease", "ease-recent"];

/** Of the catalogue, taken out of a training here and now for `cold-start`. */
const HIDDEN_SHARE = 0.1;

const MAX_UTC_OFFSET_MINUTES = 14 * 60;

export const evaluate: Command = {
  summary: "measure models on held-out events",
  usage: "evaluate <files…> --protocol P [--test FILES] [--release DIR] [--items FILES] [options]",
  options: {
    protocol: { type: "string", value: "P", help: PROTOCOL_NAMES.join(", ") },
    from: {
      type: "string",
      value: "TIME",
      help: "freshness, temporal, cold-start: where the test part begins, as --until of train",
    },
    "utc-offset": { type: "string", value: "MIN", help: "freshness: minutes east of UTC, for midnight (default 0)" },
    test: { type: "string", multiple: true, value: "FILES", help: "the test part of protocol split (repeatable)" },
    release: {
      type: "string",
      value: "DIR",
      help: "measure this release; without it one is trained on the rest of the data",
    },
    models: {
      type: "string",
      value: "NAMES",
      help: `rows of the table, of ${MODELS.join(",")} (default all there are)`,
    },
    seed: { type: "string", value: "N", help: "seed of training, of random ranks and of the bootstrap (default 1)" },
    ...DATA_OPTIONS,
  },
  notes: [
    "replay: the last 10 events of each user, one after the other, the profile updated in between.",
    "leave-one-out: the last event of each user. All items are ranked, those already seen left out; ties count half.",
    "split: the files of --test, each user's events as one set, guessed from those of the other files by lists of 20.",
    "adaptivity: after a person's history come 1–10 events of another one, and the list is asked for what that one did next: a(k) is its NDCG over that of those k events alone. Retention: one stray event after a history.",
    "freshness: the events from --from on, ranked with all that came before each, and with what a pipeline would know that is an hour late, a day, or since training. Only for logs whose times are those of use.",
    "temporal: what was shown from --from on, scored by what was known until then: GAUC (within a person) and AUC of each kind of thing that people did. Only for logs that say what was shown and left.",
    "exploration: lists of the last 10 events of each user, or as many as the release held out, at every setting of the diversity dial: NDCG, distance within a list, and how far its categories are from the person's.",
    "cold-start: lists after 0–20 events of a person; and held-out events of items that training has not met, ranked among such items and among all, with their share of the first ten places. For the second a release is trained with --without-items 10%.",
    "A release must not have been trained on what it is measured on: nearfeed train keeps 10 events of each user out.",
    "Intervals are of 95 %, by drawing people; the rows popularity and random are in every table.",
  ],
  positionals: [1, Infinity],
  run: async (input) => {
    const { terminal, values, signal } = input;
    const protocol = choiceOption(values, "protocol", PROTOCOL_NAMES);
    const models = modelsOf(textOption(values, "models"));
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const folder = textOption(values, "release");
    const utcOffsetMinutes = integerOption(values, "utc-offset", {
      min: -MAX_UTC_OFFSET_MINUTES,
      max: MAX_UTC_OFFSET_MINUTES,
      default: 0,
    });
    const testFiles = testFilesOf(values, protocol);
    const from = startOf(values, protocol);
    const read = await readData(input);
    const hiding = protocol === "cold-start" ? await hidingOf(folder, seed) : undefined;
    const atMost = protocol === "exploration" ? await heldOutBy(folder) : Infinity;
    const { training, dataset, ranges, holdout, hidden } = await heldOut(input, read.dataset, {
      protocol,
      testFiles,
      from,
      hiding,
      atMost,
    });
    const onStep = stageProgress(terminal);
    const subject =
      folder === undefined
        ? await trainSubject(training, dataset, { seed, holdout, onStep, signal })
        : await openSubject(folder, dataset, { holdout, from });
    onStep.done();
    for (const note of subject.notes) terminal.warn(`  ${note}`);
    const options = { ...subject, dataset, ranges, seed, signal };
    const measured =
      protocol === "adaptivity"
        ? { models: await evaluateAdaptivity(terminal, options) }
        : protocol === "freshness"
          ? { models: await evaluateFreshness(terminal, { ...options, utcOffsetMinutes }) }
          : protocol === "temporal"
            ? { labels: await evaluateTemporal(terminal, { ...options, from: from! }) }
            : protocol === "exploration"
              ? { models: await evaluateDial(terminal, options), dial: subject.model.selection.diversity }
              : protocol === "cold-start"
                ? await evaluateColdStart(terminal, { ...options, hidden })
                : await measureTable(terminal, { ...options, models, asSet: PROTOCOLS[protocol].asSet });
    return {
      protocol,
      data: read.description,
      ...(folder !== undefined && { release: subject.model.release }),
      ...measured,
      notes: subject.notes,
    };
  },
};

async function measureTable(
  terminal: Terminal,
  options: EvaluationOptions & { readonly models: readonly ModelName[] },
): Promise<EvaluationTable> {
  const ease = await easeOf(terminal, options);
  const progress = targetProgress(terminal, options.ranges);
  const table = await evaluationTable({ ...options, ease, onTarget: progress.onTarget });
  progress.done();
  for (const line of formatTable(table)) terminal.say(line);
  return table;
}

/** The rival EASE, where it is asked for; a catalogue that is too large for it has no such rows. */
async function easeOf(
  terminal: Terminal,
  options: EvaluationOptions & { readonly models: readonly ModelName[] },
): Promise<EaseWeights | undefined> {
  const { assembly, models } = options;
  const { size } = assembly.table.columns;
  if (!models.some((name) => EASE_ROWS.includes(name))) return undefined;
  if (size > EASE_MOST_ITEMS) {
    terminal.warn(`  no rows of ease: ${formatCount(size)} items are more than ${formatCount(EASE_MOST_ITEMS)}`);
    return undefined;
  }
  const progress = terminal.start("ease");
  const ease = await fitEase({ ...options, rowOfItem: assembly.rowOfItem, size });
  progress.done();
  return ease;
}

/** @returns epoch ms, for the protocol that begins at a moment */
function startOf(values: CommandInput["values"], protocol: AnyProtocol): number | undefined {
  const from = timeOption(values, "from");
  if (from === undefined ? !NEEDS_MOMENT.includes(protocol) : BY_TIME.includes(protocol)) return from;
  throw new NearfeedError(
    "bad_argument",
    from === undefined
      ? `--protocol ${protocol} needs to know where its test part begins, got no --from`
      : `--from is for --protocol ${BY_TIME.join(" and ")}, got --protocol ${protocol}`,
    { path: "--from", hint: "nearfeed evaluate logs/ --protocol freshness --from 2026-05-04" },
  );
}

/** @throws NearfeedError `bad_argument` naming the model that there is none of */
function modelsOf(text: string | undefined): readonly ModelName[] {
  if (text === undefined) return MODELS;
  return text.split(",").map((name) => {
    const found = MODELS.find((model) => model === name.trim());
    if (found !== undefined) return found;
    throw new NearfeedError("bad_argument", `--models names "${name}", expected some of ${MODELS.join(", ")}`, {
      path: "--models",
    });
  });
}

function testFilesOf(values: CommandInput["values"], protocol: AnyProtocol): string[] {
  const files = listOption(values, "test");
  if (files.length > 0 === (protocol === "split")) return files;
  throw new NearfeedError(
    "bad_argument",
    files.length > 0
      ? `--test is for --protocol split, got --protocol ${protocol}`
      : "--protocol split needs the test part, got no --test",
    { path: "--test", hint: "nearfeed evaluate train.parquet --test test.parquet --protocol split" },
  );
}

interface HeldOut {
  /** What a release may be trained on here and now, of which it holds `holdout` events of each person out itself. */
  readonly training: Dataset;
  readonly holdout: number;
  /** The events that are guessed, together with those they are guessed from. */
  readonly dataset: Dataset;
  readonly ranges: readonly TargetRange[];
  /** 1 for every item whose events training does not see, where some are hidden. */
  readonly hidden?: Uint8Array;
}

/** The items that a release has not met by intention; without a release, those that are hidden for the occasion. */
async function hidingOf(folder: string | undefined, seed: number): Promise<HiddenItems | undefined> {
  if (folder === undefined) return { share: HIDDEN_SHARE, seed };
  const { metrics } = await readReleaseFolder(folder);
  return metrics["withoutItems"] === undefined
    ? undefined
    : parseHidden(metrics["withoutItems"], "metrics.withoutItems");
}

/** Events of each person that a release was not trained on, where it kept any out. */
async function heldOutBy(folder: string | undefined): Promise<number> {
  if (folder === undefined) return Infinity;
  const { holdout } = (await readReleaseFolder(folder)).metrics;
  return typeof holdout === "number" && holdout > 0 ? holdout : Infinity;
}

interface HoldingOut {
  /** Events of each person, where the protocol does not say how many. */
  readonly atMost: number;
  readonly protocol: AnyProtocol;
  readonly testFiles: readonly string[];
  readonly from: number | undefined;
  readonly hiding: HiddenItems | undefined;
}

async function heldOut(input: CommandInput, dataset: Dataset, options: HoldingOut): Promise<HeldOut> {
  const { protocol, testFiles, from, hiding, atMost } = options;
  if (hiding !== undefined) {
    const hidden = hiddenItems(dataset.items, hiding);
    const holdout = from === undefined ? HOLDOUTS["cold-start"] : 0;
    const rest = withoutItems(dataset, hidden, from === undefined ? { holdout } : { from });
    const ranges = from === undefined ? splitLast(rest, holdout).test : eventsFrom(rest, from);
    return { training: from === undefined ? rest : eventsBefore(rest, from), holdout, dataset: rest, ranges, hidden };
  }
  if (from !== undefined) {
    return { training: eventsBefore(dataset, from), holdout: 0, dataset, ranges: eventsFrom(dataset, from) };
  }
  if (testFiles.length > 0) {
    const { items: _, ...values } = input.values;
    const test = await readData({ ...input, values, positionals: testFiles });
    return { training: dataset, holdout: 0, ...joinTest(dataset, test.dataset) };
  }
  const found = TABLE_PROTOCOLS.find((name) => name === protocol);
  const holdout =
    found === undefined ? Math.min(atMost, HOLDOUTS[protocol as keyof typeof HOLDOUTS]) : PROTOCOLS[found].holdout;
  return { training: dataset, holdout, dataset, ranges: splitLast(dataset, holdout).test };
}

function targetProgress(terminal: Terminal, ranges: readonly TargetRange[]) {
  const progress = terminal.start("evaluation");
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  return {
    onTarget: (done: number) => progress.update(done, total),
    done: () => progress.done(`${formatCount(ranges.length)} people`),
  };
}
