/**
 * The gate of releases that learn from what people are shown (`--exposures`). What both are asked is whether they put what people took,
 * of what they were shown since, above what they left; the next like among all items (`gate.ts`) is not what these learn.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { LEAST_TAKEN } from "../deep/shown-measures.ts";
import { groupedAuc } from "../evaluate/auc.ts";
import { scoreByRelease } from "../evaluate/score-by-release.ts";
import { forItems } from "../items/assemble.ts";
import type { Dataset } from "../read/dataset.ts";
import { exposuresIn, FEED_LABELS, type FeedLabel, feedLabel } from "../read/feed-labels.ts";
import { eventsFrom } from "../split/split-at.ts";
import type { TargetRange } from "../split/split.ts";
import { type Contender, type Performance, type Verdict, verdictOf } from "./gate.ts";
import { HOLDOUT_SHARE, type HoldoutOptions, LEAST_PEOPLE } from "./holdout.ts";

export interface ShownHoldout {
  /** Epoch ms of its first exposure. */
  readonly from: number;
  /** What comes from then on, of people of the event log. */
  readonly ranges: readonly TargetRange[];
  /** What is taken often enough to order by. */
  readonly labels: readonly FeedLabel[];
}

/** More exposures make the interval narrower than any difference that matters, and take minutes. */
const MOST_EXPOSURES = 100_000;

/**
 * The last fifth of what people of the event log were shown since the active release was made, cut at one moment for everybody, and more
 * where that is of too few people of whom something was taken and something left.
 *
 * @throws NearfeedError `no_data` where all of it is of too few
 */
export function chooseShownHoldout(dataset: Dataset, { people, since }: HoldoutOptions): ShownHoldout {
  const { users, events } = dataset;
  const ofLog = (user: number) => people.has(users[user]);
  const shown = users.flatMap((_, user) => {
    if (!ofLog(user)) return [];
    const exposures = exposuresIn(dataset, events.start[user], events.start[user + 1]);
    return exposures.filter((event) => events.at[event] >= since).map((event) => ({ user, event }));
  });
  const counted = FEED_LABELS.flatMap((name) => {
    const of = feedLabel(dataset, name);
    const taken = of ? shown.reduce((sum, { event }) => sum + of[event], 0) : 0;
    return of && taken >= LEAST_TAKEN * shown.length && taken > 0 ? [{ name, of }] : [];
  });
  shown.sort((a, b) => events.at[b.event] - events.at[a.event] || b.event - a.event);
  const [seen, judged] = [new Map<string, number>(), new Set<number>()];
  let held = 0;
  while (held < shown.length && (held < HOLDOUT_SHARE * shown.length || judged.size < LEAST_PEOPLE)) {
    const { user, event } = shown[held++];
    for (const { name, of } of counted) {
      const key = `${user} ${name}`;
      // Whether it was left, and whether it was taken.
      const both = (seen.get(key) ?? 0) | (1 << of[event]);
      seen.set(key, both);
      if (both === 0b11) judged.add(user);
    }
  }
  if (judged.size < LEAST_PEOPLE) {
    throw new NearfeedError(
      "no_data",
      `Two releases cannot be compared yet: ${judged.size} people of the log have taken and left something of what they were shown since ${new Date(since).toISOString()}, ${LEAST_PEOPLE} are needed`,
      { hint: "Run the command again when more events have come." },
    );
  }
  const from = events.at[shown[held - 1].event];
  const every = Math.ceil(held / MOST_EXPOSURES);
  const ranges = eventsFrom(dataset, from).filter(({ user }) => ofLog(user) && user % every === 0);
  return { from, ranges, labels: counted.map(({ name }) => name) };
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

/** GAUC of all that is taken often enough, over the very orders that devices would show. */
export async function runShownGate(options: ShownGateOptions): Promise<Verdict> {
  const { challenger, incumbent, seed, onTarget } = options;
  const ordered = (contender: Contender, part: number) =>
    order(contender, options, (done, total) => onTarget?.(part * total + done, 2 * total));
  const active = await ordered(incumbent, 0);
  const next = await ordered(challenger, 1);
  const people = next.sums.count.reduce((sum, weight) => sum + Number(weight > 0), 0);
  return verdictOf(next, active, { metric: "GAUC", people, targets: next.exposures }, seed);
}

async function order(
  { assembly, model, graphs }: Contender,
  { dataset, holdout: { from, ranges, labels }, seed, signal }: ShownGateOptions,
  onPerson: (done: number, total: number) => void,
): Promise<Performance & { readonly exposures: number }> {
  const floor = graphs ? "deep" : "linear";
  const own = forItems(assembly, dataset.items);
  const scores = await scoreByRelease({
    dataset,
    assembly: own,
    model,
    ranges,
    from,
    seed,
    ...(graphs && { graphs }),
    onPerson,
    signal,
  });
  const { people, person, event } = scores;
  const sum = new Float64Array(people);
  const count = new Float64Array(people);
  for (const name of labels) {
    const of = groupedAuc({ people, person, label: scores.labels[name]!, score: scores.models[floor][name] });
    of.sum.forEach((value, p) => (sum[p] += value));
    of.count.forEach((value, p) => (count[p] += value));
  }
  const unknown = event.reduce((lacks, e) => lacks + Number(own.rowOfItem[dataset.events.item[e]] < 0), 0);
  return { floor, unknown, sums: { sum, count }, exposures: event.length };
}
