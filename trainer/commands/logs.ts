/** `nearfeed logs`: the event log of an edge. `pull` brings it here, `compact` has deletion requests carried out in it now. */
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import { compactLogs } from "../logs/compact-logs.ts";
import { createLogClient, type LogClient, type LogSource } from "../logs/log-client.ts";
import { pullLogs } from "../logs/pull-logs.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { Command, CommandInput } from "./command.ts";
import { BUCKET_NOTE, BUCKET_OPTIONS, bucketOf } from "./bucket-options.ts";
import { ADDRESS_OPTIONS, addressOf, SECRET_NOTE } from "./edge-options.ts";

/** Where the log goes unless told otherwise. */
export const LOGS_FOLDER = join(".nearfeed", "logs");

export const logs: Command = {
  summary: "pull the event log, or carry out deletion requests in it",
  usage: "logs pull [folder] [--edge URL | --bucket NAME --endpoint URL], or logs compact [--edge URL]",
  options: { ...ADDRESS_OPTIONS, ...BUCKET_OPTIONS },
  notes: [
    `pull makes a folder (${LOGS_FOLDER} unless one is named) hold what the log holds, for nearfeed train to read: parts that are new, changed or damaged are fetched, parts that the log has no longer are deleted. Cut off, it goes on where it was.`,
    "compact deletes what people asked to have deleted. The edge does so by itself within a day; this does it now.",
    SECRET_NOTE,
    BUCKET_NOTE,
  ],
  positionals: [1, 2],
  run: async (input) => {
    const [action, folder] = input.positionals;
    if (action === "pull") return pull(input, folder ?? LOGS_FOLDER);
    if (action === "compact" && folder === undefined) return compact(input);
    throw new NearfeedError(
      "bad_argument",
      action === "compact"
        ? "logs compact takes no folder"
        : `There is no "logs ${action}"; there are pull and compact`,
      { hint: "See nearfeed logs --help." },
    );
  },
};

async function pull(input: CommandInput, folder: string): Promise<object> {
  const { terminal, signal } = input;
  const source: LogSource = bucketOf(input) ?? clientOf(input);
  const progress = terminal.start("pull");
  const report = await pullLogs(source, folder, {
    onPart: (done, total) => progress.update(done, total),
    signal,
  });
  const { parts, fetched, fetchedBytes, removed } = report;
  progress.done(`${formatCount(fetched)} parts of ${formatCount(fetchedBytes)} bytes fetched, ${removed} deleted`);
  terminal.say(`${folder} holds the ${formatCount(parts)} parts of the log`);
  return { folder, ...report };
}

async function compact(input: CommandInput): Promise<object> {
  const { terminal, signal } = input;
  const client = clientOf(input);
  const progress = terminal.start("compact");
  const sum = await compactLogs(client, { signal });
  progress.done(`${formatCount(sum.parts)} parts read`);
  if (sum.damaged > 0) terminal.warn(`${sum.damaged} parts cannot be read and were left as they are`);
  terminal.say(`${sum.requests} deletion requests carried out: ${formatCount(sum.events)} events deleted`);
  return sum;
}

function clientOf(input: CommandInput): LogClient {
  return createLogClient(addressOf(input));
}
