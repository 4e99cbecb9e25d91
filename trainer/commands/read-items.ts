/** Reads an item table alone, for a release that there is no log for. */
import type { Item } from "../../shared/item.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { checkBadRows, DEFAULT_MAX_BAD_ROWS, parseBadRowLimit } from "../read/bad-rows.ts";
import { openDatabase } from "../read/duckdb.ts";
import { expandFiles } from "../read/files.ts";
import { loadItems } from "../read/load-items.ts";
import { formatCount } from "../terminal/terminal.ts";
import { listOption, textOption } from "./arguments.ts";
import type { CommandInput } from "./command.ts";
import { mappingOf, sayBadRows, sayItemColumns } from "./data-options.ts";

export interface ReadItems {
  /** Sorted by id as text. */
  readonly items: readonly Item[];
  readonly description: object;
}

/** @throws NearfeedError `bad_argument` where the options name no table, `no_data` for one without an item */
export async function readItems({ values, terminal, signal }: CommandInput): Promise<ReadItems> {
  const files = expandFiles(listOption(values, "items"));
  if (files.length === 0) {
    throw new NearfeedError("bad_argument", "There is neither a log nor an item table to learn from", {
      path: "--items",
      hint: "Name the files of a log, or an item table with --items for a first release without any log.",
    });
  }
  const limit = textOption(values, "max-bad-rows");
  const mapping = await mappingOf(values);
  const progress = terminal.start("reading");
  using database = await openDatabase(signal);
  const loaded = await loadItems(database, files, mapping.items ?? {});
  checkBadRows(loaded.bad, limit === undefined ? DEFAULT_MAX_BAD_ROWS : parseBadRowLimit(limit));
  const ids = [...loaded.items.keys()].sort();
  if (ids.length === 0) {
    throw new NearfeedError("no_data", `No usable item in ${files.map(({ path }) => path).join(", ")}`);
  }
  progress.done(`${formatCount(ids.length)} items`);
  sayItemColumns(terminal, loaded.mapping);
  sayBadRows(terminal, loaded.bad);
  return {
    items: ids.map((id) => loaded.items.get(id)!),
    description: { items: ids.length, events: 0, badRows: loaded.bad.bad, itemMapping: loaded.mapping },
  };
}
