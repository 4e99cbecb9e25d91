/** What the person has set by hand for whole categories, between its two forms: by name, and by number of one release. */
import { NearfeedError } from "../../shared/errors.ts";
import { number, string } from "../../shared/parse.ts";
import type { Adjustments } from "../storage/schema.ts";
import type { Held } from "./held.ts";

const MAX_CATEGORY_CHARS = 128;
const name = string({ min: 1, max: MAX_CATEGORY_CHARS });
const amount = number({ min: -1, max: 1 });

/**
 * @param held undefined: any name is taken
 * @throws NearfeedError with the path `category` or `x`
 */
export function checkAdjustment(category: unknown, x: unknown, held: Held | undefined): Adjustments {
  const checked = { category: name(category, "category"), x: amount(x, "x") };
  const categories = held?.items.table.dictionaries.categories;
  if (categories && !categories.includes(checked.category)) {
    const shown = JSON.stringify(checked.category);
    throw new NearfeedError(
      "bad_value",
      `category must be one of the ${categories.length} of the release, got ${shown}`,
      {
        path: "category",
        hint: "profile.get() names them all.",
      },
    );
  }
  return { [checked.category]: checked.x };
}

/** Category number → x. Names that the release does not have wait for one that does. */
export function numbered(adjustments: Adjustments, { items }: Held): Map<number, number> {
  const { categories } = items.table.dictionaries;
  return new Map(
    Object.entries(adjustments)
      .map(([category, x]) => [categories.indexOf(category), x] as const)
      .filter(([place]) => place >= 0),
  );
}
