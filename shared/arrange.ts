/**
 * From ranked candidates to a list: brings together what selection needs of the release, the person, the operator's rules
 * and the list itself. The choice, place by place, is `select.ts`.
 */
import { categoryShares } from "./calibration.ts";
import { ELIGIBLE, hasSlot, littleKnown } from "./explore-slots.ts";
import type { Eligible } from "./explore-slots.ts";
import { explorationPriority } from "./exploration.ts";
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import type { ScoringModel } from "./model.ts";
import type { Moved, RowRules } from "./rules.ts";
import { select } from "./select.ts";
import type { SelectOptions } from "./select.ts";
import { policyName, selectionSettings } from "./selection-defaults.ts";

export interface Scored {
  readonly row: number;
  readonly score: number;
}

export interface ArrangeOptions {
  readonly count: number;
  /** The dial, 0–1; the release's default where absent. */
  readonly diversity?: number;
  /** Place of the first entry on its list. Default 0. */
  readonly place?: number;
  /** Rows that are on the list already; the selection goes on from them. */
  readonly shown?: readonly number[];
  /** Names the list: its exploration slots draw by this name. Without one, or without evidence, nothing is explored. */
  readonly list?: string;
  readonly rules?: RowRules;
}

export interface Arranged<C extends Scored> {
  readonly candidate: C;
  /** Its place by score alone, from 0. */
  readonly byScore: number;
  readonly explored: boolean;
  /** How likely selection was to show it here: the conditional probability of an exploration slot, else 1. */
  readonly propensity: number;
  readonly moved?: Moved;
}

export interface Arrangement<C extends Scored> {
  readonly list: readonly Arranged<C>[];
  /** Names the policy that chose. */
  readonly policy: string;
}

/** @param candidates best first */
export function arrange<C extends Scored>(
  table: ItemTable,
  interest: Interest,
  model: ScoringModel,
  candidates: readonly C[],
  options: ArrangeOptions,
): Arrangement<C> {
  const { count, place = 0, shown, list, rules } = options;
  const settings = selectionSettings(model.selection, options.diversity);
  const { diversity, exploration } = settings;
  const { deviation } = model.linear;
  const order = rules ? reordered(candidates, rules, deviation) : undefined;
  const at = (n: number) => order?.positions[n] ?? n;
  const rows = candidates.map((_, n) => candidates[at(n)]!.row);
  const varied = diversity > 0;
  // Of somebody who has done nothing yet everything is uncertain, and a first list has to please.
  const explores = varied && list !== undefined && exploration !== null && interest.count.signals > 0;
  const slots: SelectOptions["slots"] =
    explores && hasSlot(place, place + count, exploration)
      ? { ...exploration, ...eligibleOf(table, rows.slice(0, order?.lastResort), interest, model), list }
      : undefined;
  const choices = select(table, rows, order?.values ?? candidates.map(({ score }) => score), {
    count,
    place,
    diversity,
    deviation,
    shown,
    ...(varied && { shares: categoryShares(interest), caps: settings }),
    slots,
    ...(rules && { pins: pinsOf(rules, rows), lastResort: order!.lastResort }),
  });
  return {
    policy: policyName(settings, explores),
    list: choices.map(({ position, by, propensity }) => {
      const candidate = candidates[at(position)]!;
      const moved = by === "pin" ? "pinned" : rules && movedBy(rules, candidate.row);
      return {
        candidate,
        byScore: at(position),
        explored: by === "slot",
        propensity,
        ...(moved && { moved }),
      };
    }),
  };
}

/** The best of the little-known, with how little is known of them. */
function eligibleOf(table: ItemTable, rows: readonly number[], interest: Interest, model: ScoringModel): Eligible {
  const is = littleKnown(table, interest.now);
  const positions: number[] = [];
  for (let n = 0; n < rows.length && positions.length < ELIGIBLE; n++) if (is(rows[n]!)) positions.push(n);
  const found = positions.map((n) => rows[n]!);
  return { positions, priority: explorationPriority(table, found, interest, model) };
}

/** The candidates in the order of score and boost, the buried ones last. */
function reordered(candidates: readonly Scored[], { boost, buried }: RowRules, deviation: number) {
  const value = candidates.map(({ row, score }) => score + deviation * (boost.get(row) ?? 0));
  const last = candidates.map(({ row }) => Number(buried.has(row)));
  // Array sort is stable, so equal values keep the order of the scores.
  const positions = candidates.map((_, n) => n).sort((a, b) => last[a]! - last[b]! || value[b]! - value[a]!);
  const lastResort = last.reduce((left, isLast) => left - isLast, candidates.length);
  return { positions, values: positions.map((n) => value[n]!), lastResort };
}

function pinsOf({ pins }: RowRules, rows: readonly number[]): SelectOptions["pins"] {
  const positionOf = new Map(rows.map((row, n) => [row, n]));
  return pins.map(({ position, rows: among }) => ({
    place: position,
    among: among.flatMap((row) => positionOf.get(row) ?? []).sort((a, b) => a - b),
  }));
}

function movedBy({ boost, buried }: RowRules, row: number): Moved | undefined {
  if (buried.has(row)) return "buried";
  return boost.has(row) ? "boosted" : undefined;
}
