/** What `nearfeed retrain` learns from: the event log, pulled first, and base files beside it, as one dataset. */
import { NearfeedError } from "../../shared/errors.ts";
import { createLogClient } from "../logs/log-client.ts";
import { pullLogs } from "../logs/pull-logs.ts";
import type { Dataset } from "../read/dataset.ts";
import { joinDatasets } from "../read/join-datasets.ts";
import { noticeBeside } from "../report/notice.ts";
import type { DataAbout } from "../retrain/train-challenger.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { CommandInput } from "./command.ts";
import { readData } from "./data-options.ts";
import { addressOf } from "./edge-options.ts";

export interface RetrainData {
  readonly dataset: Dataset;
  /** Those of the event log. */
  readonly people: ReadonlySet<string>;
  /** What the result of the command says about it. */
  readonly description: object;
  /** What its model card says of it. */
  readonly about: DataAbout;
}

/**
 * @param folder of the event log
 * @throws NearfeedError as a pull and as the reader; `no_data` where the log is empty
 */
export async function readRetrainData(input: CommandInput, folder: string): Promise<RetrainData> {
  const { terminal, signal, positionals, values } = input;
  if (values["unordered"] === true) {
    throw new NearfeedError(
      "bad_argument",
      "--unordered: an event log has an order, and cannot be joined with what has none",
      {
        path: "--unordered",
      },
    );
  }
  const progress = terminal.start("pull");
  const onPart = (done: number, total: number) => progress.update(done, total);
  const { parts, fetched } = await pullLogs(createLogClient(addressOf(input)), folder, { onPart, signal });
  progress.done(`${formatCount(fetched)} of ${formatCount(parts)} parts are new`);
  if (parts === 0) {
    throw new NearfeedError("no_data", "The event log of the edge has no events yet", {
      hint: "Devices send events at consent full.",
    });
  }
  const base = positionals.length > 0 ? await readData(input) : undefined;
  // Options that name columns are about the base files; the columns of the event log are known.
  const log = await readData({
    ...input,
    positionals: [folder],
    values: base ? { "max-bad-rows": values["max-bad-rows"] } : values,
  });
  return {
    dataset: joinDatasets([...(base ? [base.dataset] : []), log.dataset]),
    people: new Set(log.dataset.users),
    description: { ...(base && { base: base.description }), log: log.description, parts, fetched },
    about: { files: [...positionals, folder], report: log.report, notice: await noticeBeside(positionals) },
  };
}
