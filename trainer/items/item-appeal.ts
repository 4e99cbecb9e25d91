/**
 * Appeal of every item, from what people were shown and took or left. A rate per item is not enough: who sees an item differs, most
 * items are shown to few, and what is said of a kindred item says something too.
 *
 * The rate of an exposure is taken as mean · person · item. Persons and items are fitted by turns, each shrunk as a Gamma prior
 * does it: persons to 1, items to their author, authors to their categories.
 */
import { APPEALS, type AppealName } from "../../shared/appeal.ts";
import { FINISHED_UNSAID, type Dataset } from "../read/dataset.ts";
import { exposureWeight } from "../read/exposure-weight.ts";
import { exposureOfDeeds, feedLabel, isExposure } from "../read/feed-labels.ts";

/**
 * Expected takings that each prior weighs as much as. Chosen on KuaiRand, 30 April to 1 May and 2 to 3 May, by appeal alone, where
 * all but the first may be half or double. GAUC of clicks on the latter with 1 in place of .125: .619, and .622.
 */
const PERSON_PRIOR = 0.125;
const ITEM_PRIOR = 10;
const AUTHOR_PRIOR = 5;
const CATEGORY_PRIOR = 25;

/** Turns: figures of validation stand still after four. */
const ROUNDS = 6;

/**
 * What a look outside of any list says of an appeal, beside an exposure: it is of people who came for the item. Half and double are
 * worse on the same days.
 */
const LOOK_WEIGHT: Readonly<Record<AppealName, number>> = { click: 0.1, like: 0.1, finish: 0.5 };

/** What was taken of what was shown, as far as an item's appeal rests on it. */
interface Evidence {
  readonly user: Uint32Array;
  readonly item: Uint32Array;
  /** 1 where it was taken, times its weight. */
  readonly taken: Float64Array;
  /** The rate that all have, times its weight. */
  readonly expected: Float64Array;
}

/**
 * Log-odds-like: the log of how much more often than the mean. 0 for items of which nothing is known.
 *
 * @param isAsked whose events are looked at; everybody's by default
 * @returns `[items, APPEALS]`, undefined for a log that does not say what was shown and left
 */
export function itemAppeal(
  dataset: Dataset,
  isAsked: (user: number) => boolean = () => true,
): Float32Array | undefined {
  const groups = appealGroups(dataset);
  const columns = APPEALS.map((name) => {
    const evidence = evidenceOf(dataset, name, isAsked);
    return evidence && fitAppeal(evidence, dataset, groups);
  });
  if (columns.every((column) => column === undefined)) return undefined;
  return Float32Array.from(
    { length: dataset.items.length * APPEALS.length },
    (_, at) => columns[at % APPEALS.length]?.[Math.floor(at / APPEALS.length)] ?? 0,
  );
}

function evidenceOf(dataset: Dataset, name: AppealName, isAsked: (user: number) => boolean): Evidence | undefined {
  const { start, item, finished } = dataset.events;
  const label = feedLabel(dataset, name);
  if (!label) return undefined;
  const [shown, looks]: [number[], number[]] = [[], []];
  const users: number[] = [];
  const exposureOf = exposureOfDeeds(dataset);
  for (let user = 0; user < dataset.users.length; user++) {
    const counts = isAsked(user);
    for (let e = start[user]; e < start[user + 1]; e++) {
      users.push(user);
      if (!counts) continue;
      if (isExposure(dataset, e)) shown.push(e);
      else if (finished && finished[e] !== FINISHED_UNSAID && exposureOf[e] < 0) looks.push(e);
    }
  }
  if (shown.length === 0 && looks.length === 0) return undefined;
  const events = [...shown, ...looks];
  const weights = Float64Array.from([
    ...asEvidence(
      shown.map((e) => item[e]),
      shown.map((e) => exposureWeight(dataset, e)),
    ),
    ...looks.map(() => LOOK_WEIGHT[name]),
  ]);
  const mean = (of: readonly number[], weightOf: (i: number) => number, taken: Uint8Array) => {
    let [sum, weight] = [0, 0];
    of.forEach((e, i) => {
      sum += weightOf(i) * taken[e];
      weight += weightOf(i);
    });
    return sum / Math.max(1, weight);
  };
  const shownRate = mean(shown, (i) => weights[i], label);
  const lookRate = finished ? mean(looks, () => 1, finished) : 0;
  return {
    user: Uint32Array.from(events, (e) => users[e]),
    item: Uint32Array.from(events, (e) => item[e]),
    taken: Float64Array.from(events, (e, i) => weights[i] * (i < shown.length ? label[e] : finished![e])),
    expected: Float64Array.from(events, (_, i) => weights[i] * (i < shown.length ? shownRate : lookRate)),
  };
}

/**
 * Weights of an item's exposures, so that together they are the evidence that they are worth (Kish 1965, §11.7: (Σw)² / Σw²): ten that
 * were all drawn say as much of it as ten that were not, and priors hold against both.
 */
function asEvidence(items: readonly number[], weights: readonly number[]): number[] {
  const [sums, squares] = [new Map<number, number>(), new Map<number, number>()];
  items.forEach((each, i) => {
    sums.set(each, (sums.get(each) ?? 0) + weights[i]);
    squares.set(each, (squares.get(each) ?? 0) + weights[i] ** 2);
  });
  return weights.map((weight, i) => (weight * sums.get(items[i])!) / squares.get(items[i])!);
}

/** The author of every item and its categories as one group each; items without are in groups of their own kind. */
interface AppealGroups {
  readonly author: Uint32Array;
  readonly category: Uint32Array;
}

function appealGroups({ items }: Dataset): AppealGroups {
  const numbered = (names: readonly string[]) => {
    const places = new Map<string, number>();
    return Uint32Array.from(names, (name) => {
      if (!places.has(name)) places.set(name, places.size);
      return places.get(name)!;
    });
  };
  return {
    author: numbered(items.map(({ author, id }) => (author === undefined ? `item ${id}` : `author ${author}`))),
    category: numbered(items.map(({ categories }) => categories.join("\n"))),
  };
}

function fitAppeal(evidence: Evidence, dataset: Dataset, { author, category }: AppealGroups): Float64Array {
  const { user, item, taken, expected } = evidence;
  const items = dataset.items.length;
  const itemTaken = new Float64Array(items);
  taken.forEach((value, i) => (itemTaken[item[i]] += value));
  const personTaken = new Float64Array(dataset.users.length);
  taken.forEach((value, i) => (personTaken[user[i]] += value));
  let effect = new Float64Array(items).fill(1);
  for (let round = 0; round < ROUNDS; round++) {
    const personExpected = new Float64Array(personTaken.length);
    expected.forEach((value, i) => (personExpected[user[i]] += value * effect[item[i]]));
    const person = personTaken.map((sum, u) => (sum + PERSON_PRIOR) / (personExpected[u] + PERSON_PRIOR));
    const itemExpected = new Float64Array(items);
    expected.forEach((value, i) => (itemExpected[item[i]] += value * person[user[i]]));
    const ofCategory = shrunk(category, itemTaken, itemExpected, new Float64Array(items).fill(1), CATEGORY_PRIOR);
    const ofAuthor = shrunk(author, itemTaken, itemExpected, ofCategory, AUTHOR_PRIOR);
    effect = itemTaken.map((sum, i) => (sum + ITEM_PRIOR * ofAuthor[i]) / (itemExpected[i] + ITEM_PRIOR));
  }
  return effect.map((value) => Math.log(value));
}

/** The effect of each item's group, given what its items are expected to have without it. `[items]` */
function shrunk(
  group: Uint32Array,
  taken: Float64Array,
  expected: Float64Array,
  without: Float64Array,
  prior: number,
): Float64Array {
  const groups = group.reduce((most, each) => Math.max(most, each + 1), 0);
  const [sum, due] = [new Float64Array(groups), new Float64Array(groups)];
  group.forEach((g, i) => {
    sum[g] += taken[i];
    due[g] += expected[i] * without[i];
  });
  return without.map((value, i) => (value * (sum[group[i]] + prior)) / (due[group[i]] + prior));
}
