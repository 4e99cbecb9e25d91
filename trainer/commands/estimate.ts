/** `nearfeed estimate`: what an audience costs a month, before there is one. */
import { billTable, limitLines } from "../estimate/bill-table.ts";
import { catalogueOf, catalogueOfSize } from "../estimate/catalogue.ts";
import { DEFAULTS, estimateMonth } from "../estimate/estimate.ts";
import type { Estimate } from "../estimate/estimate.ts";
import { MEASURED } from "../estimate/measured.ts";
import { PLAN_DOLLARS, PRICES_READ } from "../estimate/prices.ts";
import { MODES } from "../estimate/workload.ts";
import type { Workload } from "../estimate/workload.ts";
import { readReleaseFolder } from "../release/release-folder.ts";
import { choiceOption, integerOption, textOption } from "./arguments.ts";
import type { Command, CommandInput, Option } from "./command.ts";

const PERCENT = 100;
const { workload: people, kept } = DEFAULTS;

interface Numbered {
  readonly help: string;
  readonly value: "N" | "PERCENT";
  readonly max: number;
  readonly min?: number;
  readonly default: number;
}

const number = (fallback: number, max: number, help: string, min = 0): Numbered => ({
  help,
  value: "N",
  max,
  min,
  default: fallback,
});
const percent = (fallback: number, help: string): Numbered => ({
  help,
  value: "PERCENT",
  max: PERCENT,
  default: fallback * PERCENT,
});

const NUMBERS = {
  people: number(people.people, 10_000_000_000, "people who visit within the month", 1),
  sessions: number(people.sessions, 1_000, "visits of each a month", 1),
  items: number(DEFAULTS.items, 100_000_000, "items of the catalogue", 1),
  minutes: number(people.minutes, 1_440, "minutes of a visit", 1),
  cards: number(people.cards, 100_000, "cards of a visit", 1),
  views: number(people.views, 100_000, "of those, looked at for long; the others are passed over"),
  likes: number(people.likes, 100_000, "likes of a visit"),
  full: percent(people.full, "of the people at consent full, whose events are sent"),
  fresh: percent(people.fresh, "of the people who come for the first time"),
  releases: number(people.releases, 1_000, "releases a month"),
  regions: number(people.regions, 1_000, "regions of the release in which people are"),
  isolates: number(DEFAULTS.isolates, 100_000, "isolates of the Worker at a time", 1),
  "cache-hits": percent(DEFAULTS.cacheHits, "of what is cacheable answered by [cache]"),
  peak: number(DEFAULTS.peak, 1_000, "the busiest moment against the mean; only limits depend on it", 1),
  "log-months": number(kept.logMonths, 1_200, "months of the event log in the bucket"),
  "kept-releases": number(kept.releases, 1_000, "releases in the bucket", 1),
} as const satisfies Record<string, Numbered>;

const options: Readonly<Record<string, Option>> = {
  ...Object.fromEntries(
    Object.entries(NUMBERS).map(([name, { help, value, default: fallback }]) => [
      name,
      { type: "string" as const, value, help: `${help} (default ${fallback})` },
    ]),
  ),
  release: { type: "string", value: "DIR", help: "the sizes of this release in place of those of a made-up one" },
  vectorize: { type: "boolean", help: "search vectors in Vectorize" },
  mode: { type: "string", value: "NAME", help: "device, pool or edge; default: all three" },
};

export const estimate: Command = {
  summary: "what an audience costs a month on Cloudflare, and which limit binds first",
  usage: "estimate [--people N] [--sessions N] [--items N] [--mode NAME]",
  options,
  notes: [
    `Bytes, rows and CPU are measured of this build on a real edge (npm run bench -- bill --write); prices are those of Cloudflare's Workers Paid plan, read ${PRICES_READ}, without tax. CPU is that of all of workerd and more than is billed; Durable Objects are reckoned to be at work for as long, and wait for no disk.`,
    "How many isolates serve is Cloudflare's to choose. What they remember each of them asks for anew every one to ten seconds.",
    "docs/scale.md shows three audiences, and what to turn on when.",
  ],
  positionals: [0, 0],
  run: async (input) => {
    const { terminal, values } = input;
    const read = (name: keyof typeof NUMBERS) => integerOption(values, name, { min: 0, ...NUMBERS[name] });
    const share = (name: "full" | "fresh" | "cache-hits") => read(name) / PERCENT;
    const cards = read("cards");
    const workload: Workload = {
      people: read("people"),
      sessions: read("sessions"),
      minutes: read("minutes"),
      cards,
      views: Math.min(cards, read("views")),
      likes: Math.min(cards, read("likes")),
      full: share("full"),
      fresh: share("fresh"),
      releases: read("releases"),
      regions: read("regions"),
    };
    const catalogue = await catalogueFor(input, read("items"));
    const estimates = estimateMonth(
      {
        workload,
        catalogue,
        ...(values["mode"] !== undefined && { modes: [choiceOption(values, "mode", MODES)] }),
        isolates: read("isolates"),
        cacheHits: share("cache-hits"),
        vectorize: values["vectorize"] === true,
        peak: read("peak"),
        kept: { logMonths: read("log-months"), releases: read("kept-releases") },
      },
      MEASURED,
    );
    for (const line of billTable(estimates)) terminal.say(line);
    terminal.say("");
    for (const line of limitLines(estimates)) terminal.say(line);
    terminal.say(`Prices of ${PRICES_READ}, the plan's $${PLAN_DOLLARS} included.`);
    return { pricesRead: PRICES_READ, workload, items: catalogue.items, estimates: estimates.map(plain) };
  },
};

async function catalogueFor({ values }: CommandInput, items: number) {
  const folder = textOption(values, "release");
  return folder === undefined ? catalogueOfSize(items, MEASURED) : catalogueOf(await readReleaseFolder(folder));
}

/** What `--json` says of a mode. */
function plain({ mode, shards, operations, lines, dollars, bucketGb, objectGb, limits }: Estimate) {
  const { requests, bytesIn, bytesOut, cpuMs, queueMessages } = operations;
  return {
    mode,
    shards,
    requests,
    bytesIn,
    bytesOut,
    cpuMs,
    queueMessages,
    bucketGb,
    objectGb,
    dollars,
    lines,
    limits,
  };
}
