/** `nearfeed items`: the live catalogue of an edge. `put` adds items without training, `delete` takes them out of every list. */
import { NearfeedError } from "../../shared/errors.ts";
import { createItemsClient } from "../catalogue/items-client.ts";
import { putItems, readItems } from "../catalogue/put-items.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { Command, CommandInput } from "./command.ts";
import { ADDRESS_OPTIONS, addressOf, SECRET_NOTE } from "./edge-options.ts";

export const items: Command = {
  summary: "add items to an edge, or delete items, without a release",
  usage: "items put <file> [--edge URL], or items delete <id>... [--edge URL]",
  options: ADDRESS_OPTIONS,
  notes: [
    "put takes JSON (one item or a list) or NDJSON (an item a line). The items are in lists within a second, by what they say of themselves; the next release that has them takes them over.",
    "delete takes ids. The items are in no list of the edge within a second, and devices hide them with their next manifest.",
    SECRET_NOTE,
  ],
  positionals: [2, Infinity],
  run: async (input) => {
    const [action, ...rest] = input.positionals;
    if (action === "put" && rest.length === 1) return put(input, rest[0]);
    if (action === "delete") return remove(input, rest);
    throw new NearfeedError(
      "bad_argument",
      action === "put" ? "items put takes one file" : `There is no "items ${action}"; there are put and delete`,
      { hint: "See nearfeed items --help." },
    );
  },
};

async function put(input: CommandInput, file: string): Promise<object> {
  const { terminal, signal } = input;
  const client = createItemsClient(addressOf(input));
  const list = await readItems(file);
  const progress = terminal.start("put");
  const report = await putItems(client, list, { onItems: (done, total) => progress.update(done, total), signal });
  progress.done(`${formatCount(list.length)} items sent`);
  terminal.say(`${formatCount(report.live)} items are live, ${formatCount(report.released)} are in every release`);
  return { file, ...report };
}

async function remove(input: CommandInput, ids: readonly string[]): Promise<object> {
  const { terminal, signal } = input;
  const client = createItemsClient(addressOf(input));
  for (const id of ids) {
    signal.throwIfAborted();
    await client.remove(id);
    terminal.say(`deleted ${id}`);
  }
  return { deleted: ids };
}
