/** `nearfeed report`: what people did with what they were shown, by release and policy, and what others would have got. */
import type { Channel } from "../../shared/channel.ts";
import type { Estimate } from "../evaluate/bootstrap.ts";
import { openDatabase } from "../read/duckdb.ts";
import { estimateOffPolicy, type OffPolicy, type TargetPolicy, TARGET_POLICIES } from "../feedback/off-policy.ts";
import { type RateRow, ratesBy } from "../feedback/rates.ts";
import { OUTCOMES, readCards } from "../feedback/read-cards.ts";
import { formatCount } from "../terminal/terminal.ts";
import { integerOption } from "./arguments.ts";
import type { Command, CommandInput } from "./command.ts";
import { EDGE_OPTIONS, edgeOf } from "./edge-options.ts";
import { LOGS_FOLDER } from "./logs.ts";
import { MAX_SEED } from "./train.ts";

export const report: Command = {
  summary: "click-through, likes and skips by release and policy, from the event log",
  usage: "report [logs…] [--edge URL] [--channel NAME] [--seed N]",
  options: {
    ...EDGE_OPTIONS,
    seed: { type: "string", value: "N", help: "of the draws that the intervals are made of (default 1)" },
  },
  notes: [
    `Files or folders of an event log, ${LOGS_FOLDER} unless some are named. With --edge the active release, the one before and the canary are marked; NEARFEED_SECRET is needed for that.`,
    "A rate is of cards: an item in a list, counted once for each person who saw it. Intervals are of 95 %, by drawing people. Events that were undone do not count.",
    "Off policy: what another policy would have got from the same people, by self-normalised inverse propensity scoring. `unexplored` is the same selection without exploration slots, `even` are slots that draw all they may draw alike. `effective` is as many cards of equal weight as would say as much; below some hundreds the estimate is a guess.",
  ],
  positionals: [0, Infinity],
  run: async (input) => {
    const { positionals, values, terminal, signal } = input;
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const channel = await channelOf(input);
    const progress = terminal.start("reading");
    using database = await openDatabase(signal);
    const { cards, unusable } = await readCards(database, positionals.length > 0 ? positionals : [LOGS_FOLDER]);
    progress.done(`${formatCount(cards.length)} cards`);
    if (unusable > 0)
      terminal.warn(`  ${formatCount(unusable)} impressions have no list or no propensity, and are left out`);
    const releases = ratesBy(cards, ({ release }) => release, seed).map((row) => ({
      ...row,
      state: stateOf(row.name, channel),
    }));
    const policies = ratesBy(cards, ({ policy }) => policy, seed);
    const offPolicy = Object.entries<TargetPolicy>(TARGET_POLICIES).flatMap(
      ([name, target]) => estimateOffPolicy(cards, name, target, seed) ?? [],
    );
    const table = [
      ["release", ...COLUMNS],
      ...releases.map((row) => [`${row.name}${row.state && ` (${row.state})`}`, ...cellsOf(row)]),
      ["policy", ...COLUMNS],
      ...policies.map((row) => [row.name || "(none)", ...cellsOf(row)]),
      ["off policy", "cards", "people", "effective", ...OUTCOMES],
      ...offPolicy.map((row) => [row.name, ...offPolicyCells(row)]),
    ];
    for (const line of align(table)) terminal.say(line);
    return { cards: cards.length, unusable, releases, policies, offPolicy };
  },
};

const COLUMNS = ["cards", "people", "explored", ...OUTCOMES];

/** Only where somebody has named an edge: a report needs none. */
async function channelOf(input: CommandInput): Promise<Channel | undefined> {
  if (input.values["edge"] === undefined && input.env["NEARFEED_EDGE"] === undefined) return undefined;
  const { client, channel } = edgeOf(input);
  return client.channel(channel);
}

function stateOf(release: string, channel: Channel | undefined): string {
  if (release === channel?.release) return "active";
  if (release === channel?.canary?.release) return `canary, ${channel.canary.percent} %`;
  return release === channel?.previous ? "previous" : "";
}

function cellsOf(row: RateRow): string[] {
  return [row.cards, row.people, row.explored]
    .map(formatCount)
    .concat(OUTCOMES.map((outcome) => percent(row[outcome])));
}

function offPolicyCells(row: OffPolicy): string[] {
  const counts = [row.cards, row.people, Math.round(row.effective)].map(formatCount);
  return counts.concat(OUTCOMES.map((outcome) => percent(row[outcome])));
}

/** "12.3 % (10.1–14.6)" */
function percent({ mean, low, high }: Estimate): string {
  const [m, l, h] = [mean, low, high].map((value) => (100 * value).toFixed(1));
  return `${m} % (${l}–${h})`;
}

/** A line a row, its columns below each other; a blank line where another table begins. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.flatMap((row, r) => {
    const line = `  ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  ")}`;
    return r > 0 && row[1] === "cards" ? ["", line] : [line];
  });
}
