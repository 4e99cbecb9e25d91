/**
 * Selection: which of the ranked candidates come on the list, and in which order. Greedy, place by place: the operator's
 * pins first, then the exploration slots, then the candidate of the largest value.
 *
 * The value is the score, less what likeness to the list costs (`likeness.ts`), plus what the candidate does for the
 * person's own mix of categories (`calibration.ts`), both more from place to place. Caps (`caps.ts`) hold back, and give way where nothing else is left.
 * Not here: scoring, and what may be shown at all; every candidate may.
 */
import { createCalibration } from "./calibration.ts";
import { createCaps } from "./caps.ts";
import type { CapSettings } from "./caps.ts";
import { drawSlot, isSlot } from "./explore-slots.ts";
import type { Eligible, SlotSettings } from "./explore-slots.ts";
import type { ItemTable } from "./item-table.ts";
import { createLikeness } from "./likeness.ts";

export interface SelectOptions {
  readonly count: number;
  /** The dial, 0–1: 0 is the order of the scores, 1 takes variety over score wherever it can. */
  readonly diversity: number;
  /** The unit of the scores. */
  readonly deviation: number;
  /** Place of the first one chosen. Default 0. */
  readonly place?: number;
  /** Rows already on the list: what follows is chosen as if they had been chosen first. */
  readonly shown?: readonly number[];
  /** Shares of the categories in what the person likes, `[categories]`; without them there is no calibration. */
  readonly shares?: Float64Array;
  readonly caps?: CapSettings;
  readonly slots?: SlotSettings & Eligible & { readonly list: string };
  /** Places and who may take them, as positions among the candidates, the first choice first. */
  readonly pins?: readonly { readonly place: number; readonly among: readonly number[] }[];
  /** Candidates from this position on are taken only where nothing else is left. Default: none. */
  readonly lastResort?: number;
}

export interface Choice {
  /** Position among the candidates. */
  readonly position: number;
  /** How likely selection was to choose it here; 1 outside exploration slots. */
  readonly propensity: number;
  /** `value`: it was worth most. */
  readonly by: "value" | "slot" | "pin";
}

/** Candidates looked at beyond those to choose: deeper ones have lost too much score to be worth their variety. */
const DEPTH_PER_PLACE = 5;
const LEAST_DEPTH = 60;

/**
 * What variety costs at diversity 1, in score deviations: full likeness to one item of the list, a mean cosine of 1 to all of it,
 * and being of no wanted category. Chosen on validation lists of the bundled ratings: at a dial of .2 lists of 20 have an eighth
 * more distance in them, and NDCG@10 does not fall. Without the mean the distance costs more, without the likest twins come. The
 * mean counts only where the mix does: of somebody unknown it would take a list away from what most people like.
 */
const LIKENESS_COST = 4;
const MEAN_COST = 30;
const CALIBRATION_COST = 5;

/**
 * The first places are for what is wanted most: but for likeness to one item, so that twins do not follow each other, the costs
 * rise to the full by this place, the later the lower the dial. Where all places paid alike, the same distance took more than
 * twice as much of NDCG@10.
 */
const FULL_PLACE = 10;
const STEEPNESS = 3;

/**
 * Chooses `count` of the candidates, or all where there are fewer.
 *
 * @param rows candidates, best first, without repeats
 * @param values by position in `rows`, falling up to `lastResort` and again from there
 */
export function select(
  table: ItemTable,
  rows: ArrayLike<number>,
  values: ArrayLike<number>,
  options: SelectOptions,
): Choice[] {
  const { diversity, deviation, place: start = 0, shown = [], shares, caps, slots, lastResort = rows.length } = options;
  const wanted = Math.min(options.count, rows.length);
  const unit = diversity * deviation;
  // Where only the values count there is nothing to compare: the next one is the best.
  const compares = unit > 0 || caps !== undefined;
  const depth = compares ? Math.min(lastResort, Math.max(LEAST_DEPTH, options.count * DEPTH_PER_PLACE)) : 0;
  const likeness = unit > 0 ? createLikeness(table, rows, depth) : undefined;
  const calibration = unit > 0 && shares ? createCalibration(table, shares) : undefined;
  const bounds = caps && createCaps(table, caps);
  /** 1 for what is on the list, or kept for its place. */
  const taken = new Uint8Array(rows.length);
  const choices: Choice[] = [];
  const pins = [...(options.pins ?? [])].filter(({ place }) => place < start + wanted);
  pins.sort((a, b) => a.place - b.place);
  let deeper = depth;

  function follow(row: number): void {
    likeness?.follow(row, taken);
    calibration?.follow(row);
    bounds?.follow(row);
  }

  /** A pin whose own place is taken gets the next one. */
  function pinned(latest: number): Choice | undefined {
    while (pins[0] && pins[0].place <= latest) {
      const { among } = pins.shift()!;
      const position = among.find((each) => !taken[each] || (among.length === 1 && kept.delete(each)));
      if (position !== undefined) return { position, propensity: 1, by: "pin" };
    }
    return undefined;
  }

  function drawn(place: number): Choice | undefined {
    if (!slots || !isSlot(place, slots)) return undefined;
    const { list, temperature } = slots;
    const draw = drawSlot(
      slots,
      { list, place, temperature },
      (position) => taken[position] === 1,
      (position) => table.ids[rows[position]!]!,
    );
    return draw && { ...draw, by: "slot" };
  }

  function best(place: number): Choice | undefined {
    const later = unit * Math.min(1, place / FULL_PLACE) ** (STEEPNESS * (1 - diversity));
    let [free, freeValue, capped, cappedValue] = [-1, -Infinity, -1, -Infinity];
    for (let i = 0; i < depth; i++) {
      if (taken[i]) continue;
      let value = values[i]!;
      if (likeness) value -= unit * LIKENESS_COST * likeness.likest[i]!;
      if (likeness && calibration) {
        value += later * (CALIBRATION_COST * calibration.gain(rows[i]!) - MEAN_COST * likeness.mean[i]!);
      }
      if (value <= freeValue) continue;
      if (!bounds?.refuses(rows[i]!)) [free, freeValue] = [i, value];
      else if (value > cappedValue) [capped, cappedValue] = [i, value];
    }
    while (free < 0 && capped < 0 && deeper < rows.length) {
      if (!taken[deeper]) free = deeper;
      deeper++;
    }
    const position = free < 0 ? capped : free;
    return position < 0 ? undefined : { position, propensity: 1, by: "value" };
  }

  // Nothing else may take what waits for its place.
  const kept = new Set(pins.flatMap(({ among }) => (among.length === 1 ? among : [])));
  for (const position of kept) taken[position] = 1;
  for (const row of shown) follow(row);
  while (choices.length < wanted) {
    const place = start + choices.length;
    const choice = pinned(place) ?? drawn(place) ?? best(place) ?? pinned(Infinity);
    if (!choice) break;
    taken[choice.position] = 1;
    choices.push(choice);
    follow(rows[choice.position]!);
  }
  return choices;
}
