/** The profile for people's eyes: a bar a category at both time scales, and the positives that still count. */
import type { ItemColumns } from "../../shared/item-columns.ts";
import { posteriorAt, weightsAt } from "../../shared/posterior.ts";
import { scan } from "../../shared/scan.ts";
import type { Adjustments } from "../storage/schema.ts";
import type { CategoryInterest, ProfileSummary, RecentPositive } from "../types.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";

/** Positives that are listed. */
const RECENT = 20;

/** @param now epoch ms */
export function summarize(
  held: Held | undefined,
  log: EventLog,
  adjustments: Adjustments,
  now: number,
): ProfileSummary {
  const events = log.events.length;
  const { profile } = log;
  if (!held?.model || !profile) return { events, positives: 0, categories: [], recent: [], adjustments };
  const { model, items } = held;
  const { columns, dictionaries } = items.table;
  const constants = model.profile;
  const at = Math.max(now, profile.taste.at);
  const means = [
    posteriorAt(profile.taste, constants.taste, constants, model.gram, at).mean,
    posteriorAt(profile.intent, constants.intent, constants, model.gram, at).mean,
  ] as const;
  const [taste, intent] = means.map((mean) => categoryBars(columns, dictionaries.categories.length, mean));
  const sizes = categorySizes(columns, dictionaries.categories.length);
  const categories = dictionaries.categories.map((name, c): CategoryInterest => ({
    name,
    items: sizes[c]!,
    taste: taste![c]!,
    intent: intent![c]!,
  }));
  const weights = weightsAt(profile.signals, constants.taste, at);
  const recent: RecentPositive[] = [];
  profile.signals.forEach(({ event, item, at: eventAt, target }, i) => {
    if (target > 0) recent.unshift({ event, item, at: eventAt, weight: weights[i]! });
  });
  return {
    events,
    positives: recent.length + (profile.carried?.positives ?? 0),
    categories: categories.sort((a, b) => b.taste - a.taste || (a.name < b.name ? -1 : 1)),
    recent: recent.slice(0, RECENT),
    adjustments,
  };
}

/** Mean score of every category over the mean of all items, in standard deviations of the items' scores. */
function categoryBars(columns: ItemColumns, categories: number, mean: ArrayLike<number>): Float64Array {
  const scores = scan(columns, mean);
  const all = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - all) ** 2, 0) / scores.length;
  const bars = new Float64Array(categories);
  const sizes = categorySizes(columns, categories);
  eachCategory(columns, (row, category) => (bars[category]! += scores[row]! - all));
  return bars.map((sum, c) => (variance > 0 && sizes[c]! > 0 ? sum / (sizes[c]! * Math.sqrt(variance)) : 0));
}

function categorySizes(columns: ItemColumns, categories: number): Uint32Array {
  const sizes = new Uint32Array(categories);
  eachCategory(columns, (_, category) => sizes[category]!++);
  return sizes;
}

function eachCategory({ size, category, categoryStart }: ItemColumns, visit: (row: number, category: number) => void) {
  for (let row = 0; row < size; row++) {
    for (let at = categoryStart[row]!; at < categoryStart[row + 1]!; at++) visit(row, category[at]!);
  }
}
