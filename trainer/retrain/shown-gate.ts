/**
 * The gate of releases that learn from what people are shown (`--exposures`). What both are asked is whether they put what people took,
 * of what they were shown since, above what they left; the next like among all items (`gate.ts`) is not what these learn.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { LEAST_TAKEN } from "../deep/shown-measures.ts";
import { groupedAuc } from "../evaluate/auc.ts";
import { scoreByRelease } from "../evaluate/score-by-release.ts";
import { type Assembly, forItems } from "../items/assemble.ts";
import type { Dataset } from "../read/dataset.ts";
import { exposuresIn, FEED_LABELS, type FeedLabel, feedLabel } from "../read/feed-labels.ts";
import { eventsFrom } from "../split/split-at.ts";
import type { TargetRange } from "../split/split.ts";
import type { Contender } from "./gate.ts";
import { HOLDOUT_SHARE, type HoldoutOptions, LEAST_PEOPLE } from "./holdout.ts";
import { type Performance, type Verdict, verdictOf } from "./verdict.ts";

export interface ShownHoldout {
  /** Epoch ms of its first exposure. */
  readonly from: number;
  /** What comes from then on, of people of the event log who have taken something of it and left something. */
  readonly ranges: readonly TargetRange[];
  /** How many there are; the ranges may be of some of them. */
  readonly people: number;
  /** What is taken often enough to order by. */
  readonly labels: readonly FeedLabel[];
}

/** More exposures make the interval narrower than any difference that matters, and take minutes. */
const MOST_EXPOSURES = 100_000;

/**
 * The last fifth of what people of the event log were shown since the active release was made, cut at one moment for everybody, and more
 * where that is of too few people of whom something was taken and something left.
 *
 * @param most exposures at about which people are drawn from, evenly
 * @throws NearfeedError `no_data` where all of it is of too few, or nothing is taken often enough
 */
export function chooseShownHoldout(
  dataset: Dataset,
  { people, since }: HoldoutOptions,
  most = MOST_EXPOSURES,
): ShownHoldout {
  const { users, events } = dataset;
  const shown = users.flatMap((name, user) => {
    if (!people.has(name)) return [];
    const exposures = exposuresIn(dataset, events.start[user], events.start[user + 1]);
    return exposures.filter((event) => events.at[event] >= since).map((event) => ({ user, event }));
  });
  const counted = FEED_LABELS.flatMap((name) => {
    const of = feedLabel(dataset, name);
    const taken = of ? shown.reduce((sum, { event }) => sum + of[event], 0) : 0;
    return of && taken > 0 && taken >= LEAST_TAKEN * shown.length ? [{ name, of }] : [];
  });
  if (shown.length > 0 && counted.length === 0) {
    throw new NearfeedError(
      "no_data",
      `Two releases cannot be compared: of ${shown.length} exposures of the log since ${new Date(since).toISOString()} nothing was taken of ${100 * LEAST_TAKEN} %`,
      { hint: "Retrain without --exposures: what is taken so rarely says little of an order." },
    );
  }
  shown.sort((a, b) => events.at[b.event] - events.at[a.event] || b.event - a.event);
  const judged = createJudged(counted, events.surface);
  let held = 0;
  while (held < shown.length && (held < HOLDOUT_SHARE * shown.length || judged.count < LEAST_PEOPLE)) {
    judged.add(shown[held++]);
  }
  if (judged.count < LEAST_PEOPLE) {
    throw new NearfeedError(
      "no_data",
      `Two releases cannot be compared yet: ${judged.count} people of the log have taken and left something of what they were shown since ${new Date(since).toISOString()}, ${LEAST_PEOPLE} are needed`,
      { hint: "Run the command again when more events have come." },
    );
  }
  const from = events.at[shown[held - 1].event];
  // What was shown at the very moment of the cut belongs to it.
  while (held < shown.length && events.at[shown[held].event] === from) judged.add(shown[held++]);
  const every = Math.max(1, Math.min(Math.ceil(held / most), Math.floor(judged.count / LEAST_PEOPLE)));
  const ranges = eventsFrom(dataset, from).filter(({ user }) => judged.has(user));
  return {
    from,
    ranges: ranges.filter((_, i) => i % every === 0),
    people: ranges.length,
    labels: counted.map(({ name }) => name),
  };
}

/** Who has taken something and left something by one label, in one place: of the others there is no order to judge. */
function createJudged(
  labels: readonly { readonly name: string; readonly of: Uint8Array }[],
  surface: Uint8Array | undefined,
) {
  const [seen, judged] = [new Map<string, number>(), new Set<number>()];
  return {
    get count() {
      return judged.size;
    },
    has: (user: number) => judged.has(user),
    add({ user, event }: { readonly user: number; readonly event: number }) {
      for (const { name, of } of labels) {
        const key = `${user} ${name} ${surface?.[event]}`;
        const both = (seen.get(key) ?? 0) | (1 << of[event]);
        seen.set(key, both);
        if (both === 0b11) judged.add(user);
      }
    },
  };
}

export interface ShownGateOptions {
  /** With all that came before the held-out exposures. */
  readonly dataset: Dataset;
  readonly holdout: ShownHoldout;
  readonly challenger: Contender;
  readonly incumbent: Contender;
  readonly seed: number;
  readonly onTarget?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * GAUC of all that is taken often enough, over the very orders that devices would show: a list has one surface, and to know that more is
 * taken of what stands on another is worth nothing there. Of an item that one of them lacks neither is
 * asked: to lack what most people leave would be worth something.
 */
export async function runShownGate(options: ShownGateOptions): Promise<Verdict> {
  const { dataset, challenger, incumbent, seed, onTarget } = options;
  const [next, active] = [challenger, incumbent].map((contender) => forItems(contender.assembly, dataset.items));
  const isKnown = (e: number) => {
    const item = dataset.events.item[e];
    return next.rowOfItem[item] >= 0 && active.rowOfItem[item] >= 0;
  };
  const ordered = (contender: Contender, assembly: Assembly, part: number) =>
    order(contender, assembly, isKnown, options, (done, total) => onTarget?.(part * total + done, 2 * total));
  const before = await ordered(incumbent, active, 0);
  const after = await ordered(challenger, next, 1);
  const about = { metric: "GAUC", people: after.sums.count.length, targets: after.exposures } as const;
  return verdictOf(after, before, about, seed);
}

async function order(
  { model, graphs }: Contender,
  assembly: Assembly,
  isKnown: (event: number) => boolean,
  { dataset, holdout: { from, ranges, labels }, seed, signal }: ShownGateOptions,
  onPerson: (done: number, total: number) => void,
): Promise<Performance & { readonly exposures: number }> {
  const floor = graphs ? "deep" : "linear";
  const own = { dataset, assembly, model, ranges, from, seed, ...(graphs && { graphs }) };
  const { people, person, event, surface, labels: taken, models } = await scoreByRelease({ ...own, onPerson, signal });
  const asked = Array.from(event.keys()).filter((i) => isKnown(event[i]));
  const sum = new Float64Array(people);
  const count = new Float64Array(people);
  for (const name of labels) {
    const scored = {
      people,
      person: Uint32Array.from(asked, (i) => person[i]),
      label: Uint8Array.from(asked, (i) => taken[name]![i]),
      score: Float64Array.from(asked, (i) => models[floor][name][i]),
    };
    const of = groupedAuc(scored, (row) => surface?.[asked[row]] ?? 0);
    of.sum.forEach((value, p) => (sum[p] += value));
    of.count.forEach((value, p) => (count[p] += value));
  }
  const unknown = event.reduce((lacks, e) => lacks + Number(assembly.rowOfItem[dataset.events.item[e]] < 0), 0);
  return { floor, unknown, sums: { sum, count }, exposures: asked.length };
}
