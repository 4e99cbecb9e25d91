/**
 * Appeal: how much more than the mean people take an item when it is shown to them, as log-odds by kind of taking. The trainer
 * fits it on what was shown and left; popularity only counts, and counts mostly how often something was shown.
 */
import type { ItemColumns } from "./item-columns.ts";

/** What appeal is of, in the order of its columns. */
export const APPEALS = ["click", "like", "finish"] as const;
export type AppealName = (typeof APPEALS)[number];

/** Appeal of one row; 0, the mean, where nothing is known. @param of place in `APPEALS` */
export function appealOf({ appeal }: Pick<ItemColumns, "appeal">, row: number, of: number): number {
  return appeal ? appeal[row * APPEALS.length + of]! : 0;
}
