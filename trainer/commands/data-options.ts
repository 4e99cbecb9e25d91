/** The options by which `train` and `evaluate` are told what to read, and the reading itself. */
import { NearfeedError } from "../../shared/errors.ts";
import {
  type BadRowLimit,
  parseBadRowLimit,
  type BadRowReport,
  DEFAULT_MAX_BAD_ROWS,
  describeBadRow,
} from "../read/bad-rows.ts";
import { type Dataset, ORDER_RULE, UNORDERED_RULE } from "../read/dataset.ts";
import { EVENT_COLUMNS, ITEM_COLUMNS, type GivenMapping, type ItemMapping, parseMapping } from "../read/mapping.ts";
import { type LogProfile, profileLog } from "../read/log-profile.ts";
import { readJsonFile } from "../read/json-file.ts";
import { readDataset, type ReadReport } from "../read/read-dataset.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";
import { listOption, textOption } from "./arguments.ts";
import type { CommandInput, Option } from "./command.ts";

export const DATA_OPTIONS: Readonly<Record<string, Option>> = {
  items: { type: "string", multiple: true, value: "FILES", help: "item table: ids, titles, categories (repeatable)" },
  mapping: { type: "string", value: "FILE", help: "JSON that names the columns; flags win over it" },
  "max-bad-rows": { type: "string", value: "N|N%", help: "rows that may be unusable (default 1%)" },
  ...Object.fromEntries(EVENT_COLUMNS.map((field) => [flagOf(field), column(`column of the log: ${field}`)])),
  unordered: { type: "boolean", help: "neither time nor order of the log means anything" },
  "time-unit": { type: "string", value: "UNIT", help: "s, ms, us or text; detected by default" },
  "default-type": { type: "string", value: "KIND", help: "kind of every event where the log names none" },
  "rating-scale": { type: "string", value: "N", help: "the best rating, where it is not 5" },
  ...Object.fromEntries(
    ITEM_COLUMNS.map((field) => [`item-${flagOf(field)}`, column(`column of the item table: ${field}`)]),
  ),
  "item-split": { type: "string", value: "TEXT", help: "what separates categories in one text" },
};

export interface ReadData {
  readonly dataset: Dataset;
  readonly report: ReadReport;
  /** What the result of a command says about its data. */
  readonly description: object;
}

/**
 * Reads the files that the positionals and options name, and says what was found.
 *
 * @param known items that are in the catalogue whether or not a file names them
 */
export async function readData(
  { positionals, values, terminal, signal }: CommandInput,
  known?: Iterable<string>,
): Promise<ReadData> {
  const progress = terminal.start("reading");
  const { dataset, report } = await readDataset({
    events: positionals,
    items: listOption(values, "items"),
    known,
    mapping: await mappingOf(values),
    maxBadRows: badRowLimitOf(values),
    onFile: (done, total) => progress.update(done, total),
    signal,
  });
  progress.done(
    `${formatCount(dataset.events.item.length)} events of ${formatCount(dataset.users.length)} users on ${formatCount(dataset.items.length)} items`,
  );
  sayColumns(terminal, report);
  const profile = profileLog(dataset, Date.now());
  sayProfile(terminal, profile);
  return { dataset, report, description: { ...describeData(positionals, dataset, report), profile } };
}

/** Rows of a file that may be unusable. */
export function badRowLimitOf(values: CommandInput["values"]): BadRowLimit {
  const limit = textOption(values, "max-bad-rows");
  return limit === undefined ? DEFAULT_MAX_BAD_ROWS : parseBadRowLimit(limit);
}

/** Which columns hold what, of a file and of flags, which win. */
export async function mappingOf(values: CommandInput["values"]): Promise<GivenMapping> {
  const path = textOption(values, "mapping");
  const fromFile = path === undefined ? {} : await readJsonFile(path, parseMapping);
  const flags: Record<string, unknown> = {};
  for (const field of EVENT_COLUMNS) set(flags, field, textOption(values, flagOf(field)));
  set(flags, "timeUnit", textOption(values, "time-unit"));
  set(flags, "defaultType", textOption(values, "default-type"));
  if (values["unordered"] === true) flags["unordered"] = true;
  const scale = textOption(values, "rating-scale");
  if (scale !== undefined) flags["ratingScale"] = Number(scale);
  const items: Record<string, unknown> = {};
  for (const field of ITEM_COLUMNS) set(items, field, textOption(values, `item-${flagOf(field)}`));
  set(items, "split", textOption(values, "item-split"));
  const [first] = Object.keys(items);
  if (first !== undefined && values["items"] === undefined) {
    const flag = `--item-${flagOf(first)}`;
    throw new NearfeedError("bad_argument", `${flag} is about an item table, and there is none`, {
      path: flag,
      hint: "Name the table with --items FILES.",
    });
  }
  const given = parseFlags({ ...flags, items });
  return { ...fromFile, ...given, items: { ...fromFile.items, ...given.items } };
}

/** Errors name the flag: "flags.items.publishedAt" is --item-published-at. */
function parseFlags(flags: Record<string, unknown>): GivenMapping {
  try {
    return parseMapping(flags, "flags");
  } catch (cause) {
    if (!(cause instanceof NearfeedError) || cause.path === undefined) throw cause;
    const flag = `--${flagOf(cause.path.replace("flags.items.", "item-").replace("flags.", ""))}`;
    throw new NearfeedError("bad_argument", cause.message.replace(cause.path, flag), { path: flag, cause });
  }
}

function sayColumns(terminal: Terminal, report: ReadReport): void {
  const { flags, unordered, ...columns } = report.mapping;
  const named = [...Object.entries(columns), ...Object.entries(flags ?? {}).map(([name, type]) => [type, name])];
  terminal.say(`  log: ${named.map(([field, name]) => `${field}=${name}`).join(" ")}`);
  if (unordered) terminal.say("  the order of events means nothing: each user's are one set");
  else if (columns.time === undefined && columns.order === undefined) {
    terminal.warn(
      "  neither time nor order: each user's events are taken in the order of item ids. --unordered takes them as a set",
    );
  }
  if (report.itemMapping) sayItemColumns(terminal, report.itemMapping);
  if (report.duplicates > 0) terminal.say(`  ${formatCount(report.duplicates)} exact duplicates removed`);
  if (report.undone > 0) terminal.say(`  ${formatCount(report.undone)} events undone`);
  if (report.unknownItems > 0)
    terminal.warn(`  ${formatCount(report.unknownItems)} items of the log are not in the item table`);
  for (const bad of [report.events, report.items]) if (bad) sayBadRows(terminal, bad);
}

/** Says which columns of an item table are read as what. */
export function sayItemColumns(terminal: Terminal, mapping: ItemMapping): void {
  const named = Object.entries(mapping).map(([field, name]) => `${field}=${name}`);
  terminal.say(`  items: ${named.join(" ")}`);
}

/** Says how many rows were left out, and the first of them. */
export function sayBadRows(terminal: Terminal, { bad, read, samples }: BadRowReport): void {
  if (bad === 0) return;
  terminal.warn(`  ${formatCount(bad)} of ${formatCount(read)} rows cannot be used and are left out:`);
  for (const sample of samples.slice(0, 5)) terminal.warn(`    ${describeBadRow(sample)}`);
}

function sayProfile(terminal: Terminal, { sessions, future, machines }: LogProfile): void {
  if (sessions) {
    const { count, medianEvents, medianMinutes } = sessions;
    terminal.say(
      `  ${formatCount(count)} sessions, half of them with at most ${formatCount(medianEvents)} events and ${formatCount(Math.round(medianMinutes))} minutes`,
    );
  }
  if (future > 0)
    terminal.warn(`  ${formatCount(future)} events are of the future: the clocks that wrote them are wrong`);
  if (machines.people > 0) {
    terminal.warn(
      `  ${formatCount(machines.people)} users with ${formatCount(machines.events)} events do more, or more evenly, than people can: ${machines.examples.join(", ")}`,
    );
  }
}

function describeData(files: readonly string[], dataset: Dataset, report: ReadReport): object {
  return {
    files,
    users: dataset.users.length,
    items: dataset.items.length,
    events: dataset.events.item.length,
    order: dataset.ordered ? ORDER_RULE : UNORDERED_RULE,
    badRows: report.events.bad + (report.items?.bad ?? 0),
    duplicates: report.duplicates,
    mapping: report.mapping,
    ...(report.itemMapping && { itemMapping: report.itemMapping }),
  };
}

function set(into: Record<string, unknown>, field: string, value: string | undefined): void {
  if (value !== undefined) into[field] = value;
}

/** `dwellMs` → `dwell-ms` */
function flagOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function column(help: string): Option {
  return { type: "string", value: "COLUMN", help };
}
