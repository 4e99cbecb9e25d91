/**
 * The protocol `temporal`: what people were shown after a moment, scored by what was known at that moment. The question is
 * not which of all items comes first, but whether what was shown and taken is scored above what was shown and left.
 *
 * Nothing of a person moves after the cut: a rate that ran on through the test part would tell people apart, not items.
 */
import { type Interest, interestAt } from "../../shared/interest.ts";
import { FEATURES } from "../../shared/features.ts";
import { featurize } from "../../shared/featurize.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import { createItemTable, type ItemTable } from "../../shared/item-table.ts";
import { type LinearScores, popularityScores, scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile } from "../../shared/profile.ts";
import type { DeepModel } from "../../shared/rank.ts";
import { signOfHead } from "../../shared/release.ts";
import { createBreath } from "../breath.ts";
import type { Assembly } from "../items/assemble.ts";
import { createRandom } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { exposuresIn, FEED_LABELS, type FeedLabel, feedLabel } from "../read/feed-labels.ts";
import { exposureLogits } from "./exposure-logits.ts";
import { itemRates } from "./item-rates.ts";
import { knownItems, loggedEvents } from "./walk.ts";

export interface TemporalOptions {
  readonly dataset: Dataset;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  /** Events from the cut on. */
  readonly ranges: readonly TargetRange[];
  /** The cut, epoch ms. */
  readonly from: number;
  /** The graphs of the release's deep floor, opened. */
  readonly deep?: DeepModel;
  readonly seed: number;
  /** Given the features of some exposures, from the one named on: for rivals that read the same. `[k, FEATURES]` */
  readonly onFeatures?: (from: number, features: Float32Array) => void;
  readonly onPerson?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Scores of one model, those of a label where the model has one for it. `[exposures]` each */
export type LabelScores = Readonly<Record<FeedLabel, Float64Array>>;

/** Test exposures of people numbered from 0, with what happened and what each model says of them. */
export interface TemporalScores {
  readonly people: number;
  /** Rises. `[exposures]` */
  readonly person: Uint32Array;
  /** Position of each exposure in the dataset. `[exposures]` */
  readonly event: Uint32Array;
  /** Where each was shown, see `Events.surface`; absent where the log never says. `[exposures]` */
  readonly surface?: Uint8Array;
  /** Those that the log has. */
  readonly labels: Partial<Readonly<Record<FeedLabel, Uint8Array>>>;
  readonly models: Readonly<Record<string, LabelScores>>;
}

/** What the items that somebody was shown are scored by. */
interface Shown {
  readonly table: ItemTable;
  /** Rows of the exposures in this table, −1 for an item that the release lacks. */
  readonly rows: readonly number[];
  readonly interest: Interest;
}

/** Below all that a release can say: an item that it lacks is never shown. */
const LACKED = -1e9;

/** What is thought most of is skipped least. */
function byWorth(worth: number): (label: FeedLabel) => number {
  return (label) => signOfHead(label) * worth;
}

/** @throws NearfeedError `no_data` where nothing says what was shown and left alone */
export async function scoreExposures(options: TemporalOptions): Promise<TemporalScores> {
  const { dataset, ranges, model, seed, deep } = options;
  const shownTo = ranges
    .map(({ user, from, to }) => ({ user, from, events: exposuresIn(dataset, from, to) }))
    .filter(({ events }) => events.length > 0);
  const event = Uint32Array.from(shownTo.flatMap(({ events }) => events));
  const person = Uint32Array.from(shownTo.flatMap(({ events }, p) => events.map(() => p)));
  const labels = Object.fromEntries(
    FEED_LABELS.flatMap((label) => {
      const of = feedLabel(dataset, label);
      return of ? [[label, Uint8Array.from(event, (e) => of[e])]] : [];
    }),
  );
  if (event.length === 0 || Object.keys(labels).length === 0) {
    throw new NearfeedError("no_data", "The test part does not say what was shown and left alone, and what was taken", {
      hint: "A log of exposures has a row for each with columns of 0 and 1, or events of kind impression: see --mapping.",
    });
  }
  const heads = model.heads?.names ?? [];
  const made = (): LabelScores =>
    Object.fromEntries(FEED_LABELS.map((label) => [label, new Float64Array(event.length)])) as Record<
      FeedLabel,
      Float64Array
    >;
  const own = { ...(deep && { heads: made(), deep: made() }), linear: made(), popularity: made() };
  const breathe = createBreath(options.signal);
  let at = 0;
  for (const [p, { user, from, events }] of shownTo.entries()) {
    await breathe();
    const { table, rows, interest } = shownItems(options, user, from, events);
    const linear = scoreLinear(table, interest, model);
    const popular = popularityScores(table, model.linear);
    options.onFeatures?.(at, exposureFeatures(table, rows, interest, linear, model));
    const known = rows.flatMap((row, i) => (row >= 0 ? [i] : []));
    const shown = {
      dataset,
      events: known.map((i) => events[i]),
      rows: known.map((i) => rows[i]),
      table,
      interest,
      linear,
    };
    const logits = deep && (await exposureLogits(shown, model, deep));
    const placeOf = new Map(known.map((i, place) => [i, place]));
    rows.forEach((row, i) => {
      const put = (scores: LabelScores, of: (label: FeedLabel) => number) => {
        for (const label of FEED_LABELS) scores[label][at + i] = (row < 0 ? byWorth(LACKED) : of)(label);
      };
      put(own.linear, byWorth(linear.total[row]));
      put(own.popularity, byWorth(popular[row]));
      if (!logits || !own.deep) return;
      const raw = (h: number) => logits[placeOf.get(i)! * heads.length + h];
      const total = heads.reduce((sum, _, h) => sum + model.heads!.weights[h] * raw(h), linear.total[row]);
      put(own.deep, byWorth(total));
      put(own.heads!, (label) => {
        const h = heads.indexOf(label);
        if (h < 0) return byWorth(total)(label);
        const { a, b, c } = model.heads!.calibration[h];
        return a + b * linear.total[row] + c * raw(h);
      });
    });
    at += events.length;
    options.onPerson?.(p + 1, shownTo.length);
  }
  const random = createRandom(seed);
  const chance = Float64Array.from(event, () => random());
  const rates = itemRates(dataset, options.from);
  const rate = (label: FeedLabel) => Float64Array.from(event, (e) => rates[label][dataset.events.item[e]]);
  const byLabel = (of: (label: FeedLabel) => Float64Array) =>
    Object.fromEntries(FEED_LABELS.map((label) => [label, of(label)])) as unknown as LabelScores;
  return {
    people: shownTo.length,
    person,
    event,
    ...(dataset.events.surface && { surface: Uint8Array.from(event, (e) => dataset.events.surface![e]) }),
    labels,
    models: { ...own, "item-ctr": byLabel(rate), random: byLabel(() => chance) },
  };
}

/** Of an item that the release lacks all are 0. */
function exposureFeatures(
  table: ItemTable,
  rows: readonly number[],
  interest: Interest,
  linear: LinearScores,
  model: ScoringModel,
): Float32Array {
  const known = rows.filter((row) => row >= 0);
  const features = featurize(table, { rows: known }, interest, linear, model);
  const all = new Float32Array(rows.length * FEATURES.length);
  let next = 0;
  rows.forEach((row, i) => {
    if (row >= 0) all.set(features.subarray(next * FEATURES.length, ++next * FEATURES.length), i * FEATURES.length);
  });
  return all;
}

/** The shown items as a table of their own: scores of a row do not depend on the other rows. */
function shownItems(
  { dataset, assembly, model }: TemporalOptions,
  user: number,
  testFrom: number,
  events: readonly number[],
): Shown {
  const { start, item, at } = dataset.events;
  const known = knownItems(assembly);
  const log = [];
  for (let e = start[user]; e < testFrom; e++)
    log.push(...loggedEvents(dataset, e, known(assembly.rowOfItem[item[e]])));
  const wanted = events.map((e) => assembly.rowOfItem[item[e]]);
  const distinct = [...new Set(wanted)].filter((row) => row >= 0);
  const placeOf = new Map(distinct.map((row, place) => [row, place]));
  const { table } = assembly;
  return {
    table: createItemTable(
      gatherColumns(table.columns, distinct),
      table.dictionaries,
      distinct.map((row) => table.ids[row]),
      model.categoryWeight,
    ),
    rows: wanted.map((row) => placeOf.get(row) ?? -1),
    // The clock is that of the first list; what is known of the person stands still.
    interest: interestAt(createProfile(model, log), model, at[events[0]]),
  };
}
