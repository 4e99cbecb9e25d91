/**
 * How a release says lists are selected where a query does not say it, and the name of what comes of both: the policy
 * that is recorded with every entry shown.
 */
import type { CapSettings } from "./caps.ts";
import type { SlotSettings } from "./explore-slots.ts";

/** The section of `release.json`. Releases of before caps and exploration have the dial alone. */
export interface SelectionDefaults {
  /** The dial: 0 is the order of the scores and nothing else, 1 takes variety over score wherever it can. */
  readonly diversity: number;
  readonly perAuthor?: number;
  readonly perCategory?: number;
  /** Null: nothing is explored. */
  readonly exploration?: SlotSettings | null;
}

export interface SelectionSettings extends CapSettings {
  readonly diversity: number;
  readonly exploration: SlotSettings | null;
}

/** One author may lead a screen, not fill it. */
const PER_AUTHOR = 2;
/** Catalogues have categories that most items are of; only a screen of nothing else is one too many. */
const PER_CATEGORY = 8;
/**
 * One place in ten, the last of each ten: enough impressions to learn new items from, where the chance that the item
 * pushed out was wanted is the smallest.
 */
const EXPLORATION: SlotSettings = { first: 9, every: 10, temperature: 1 };

/** @param diversity the query's dial; the release's where absent */
export function selectionSettings(release: SelectionDefaults, diversity = release.diversity): SelectionSettings {
  const { perAuthor = PER_AUTHOR, perCategory = PER_CATEGORY, exploration = EXPLORATION } = release;
  return { diversity, perAuthor, perCategory, exploration };
}

/** A list in the order of its scores. */
export const SCORE_POLICY = "score/1";
/** The start pool in its own order. */
export const START_POLICY = "start/1";

/**
 * Names a policy: the procedure, its version and its settings.
 *
 * @param explores whether slots were drawn
 */
export function policyName({ diversity, perAuthor, perCategory, exploration }: SelectionSettings, explores: boolean) {
  if (diversity === 0) return SCORE_POLICY;
  const slots =
    explores && exploration ? ` slots=${exploration.first}+${exploration.every}@${exploration.temperature}` : "";
  return `mmr/2 dial=${diversity} author=${perAuthor} category=${perCategory}${slots}`;
}
