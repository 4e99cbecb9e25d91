/** `nearfeed evaluate`: a table of metrics on held-out events, for a release or for one trained here and now. */
import type { ScoringModel } from "../../shared/model.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { deepScorer, openDeepSession } from "../evaluate/deep-scorer.ts";
import type { Scorer } from "../evaluate/replay.ts";
import { evaluationTable, formatTable, PROTOCOLS } from "../evaluate/protocols.ts";
import { type Assembly, forItems } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import { openGraphs, openRelease } from "../release/open-release.ts";
import { splitLast, type TargetRange } from "../split/split.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";
import { trainLinear } from "../train/train-linear.ts";
import { choiceOption, integerOption, textOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { DATA_OPTIONS, readData } from "./data-options.ts";
import { stageProgress } from "./stages.ts";

const MAX_SEED = 2 ** 31 - 1;

export const evaluate: Command = {
  summary: "measure models on held-out events",
  usage: "evaluate <files…> --protocol P [--release DIR] [--items FILES] [options]",
  options: {
    protocol: { type: "string", value: "P", help: `${Object.keys(PROTOCOLS).join(" or ")}` },
    release: {
      type: "string",
      value: "DIR",
      help: "measure this release; without it one is trained on the rest of the data",
    },
    seed: { type: "string", value: "N", help: "seed of training, of random ranks and of the bootstrap (default 1)" },
    ...DATA_OPTIONS,
  },
  notes: [
    "replay: the last 10 events of each user, one after the other, the profile updated in between.",
    "leave-one-out: the last event of each user. All items are ranked, those already seen left out; ties count half.",
    "A release must not have been trained on what it is measured on: nearfeed train keeps 10 events of each user out.",
  ],
  positionals: [1, Infinity],
  run: async (input) => {
    const { terminal, values, signal } = input;
    const protocol = choiceOption(values, "protocol", Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[]);
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const folder = textOption(values, "release");
    const { dataset, description } = await readData(input);
    const onStep = stageProgress(terminal);
    const subject: Subject =
      folder === undefined
        ? { ...(await trainLinear(dataset, { seed, holdout: PROTOCOLS[protocol], onStep, signal })), notes: [] }
        : await openSubject(folder, dataset, PROTOCOLS[protocol]);
    onStep.done();
    for (const note of subject.notes) terminal.warn(`  ${note}`);
    const ranges = splitLast(dataset, PROTOCOLS[protocol]).test;
    const table = await evaluationTable({
      ...subject,
      dataset,
      ranges,
      seed,
      signal,
      onTarget: targetProgress(terminal, ranges),
    });
    for (const line of formatTable(table)) terminal.say(line);
    return {
      protocol,
      data: description,
      ...(folder !== undefined && { release: subject.model.release }),
      ...table,
      notes: subject.notes,
    };
  },
};

interface Subject {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly signals: EventSignals;
  readonly notes: readonly string[];
  readonly deep?: Scorer;
}

async function openSubject(folder: string, dataset: Dataset, held: number): Promise<Subject> {
  const { release, model, assembly } = await openRelease(folder);
  const graphs = await openGraphs(folder, release);
  const fitted = forItems(assembly, dataset.items);
  const unknown = fitted.rowOfItem.reduce((count, row) => count + Number(row < 0), 0);
  if (unknown === dataset.items.length) {
    throw new NearfeedError("no_data", `The release in ${folder} has none of the items of these files`, {
      path: folder,
    });
  }
  const kept = release.metrics["holdout"];
  const notes = [
    ...(unknown > 0
      ? [`${formatCount(unknown)} items of the log are not in the release; as targets they count as misses`]
      : []),
    ...(typeof kept === "number" && kept >= held
      ? []
      : ["this release may have been trained on the events it is measured on"]),
  ];
  const deep = graphs && (await openDeepSession(graphs, model));
  return {
    assembly: fitted,
    model,
    signals: eventSignals(dataset, model.signals),
    notes,
    ...(deep && { deep: deepScorer(fitted, model, deep) }),
  };
}

function targetProgress(terminal: Terminal, ranges: readonly TargetRange[]): (done: number) => void {
  const progress = terminal.start("evaluation");
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  return (done) => progress.update(done, total);
}
