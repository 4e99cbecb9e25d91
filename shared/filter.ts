// What a list may hold: a hard filter on the columns of the index, applied before top-k at the edge and on the device.
// Not taste: nothing here is soft. The function that applies it to rows lives beside the index.

import { word } from "./item.ts";
import { array, integer, object, optional } from "./parse.ts";
import type { Parser } from "./parse.ts";

/** Most category names in one list of a filter. */
const MAX_FILTER_CATEGORIES = 64;

/** A hard filter. Every given part must hold; an absent part holds always. */
export interface Filter {
  /** Items of this language, and items without one. */
  language?: string;
  /** Items allowed in this region, and items without regions. */
  region?: string;
  categories?: { any?: string[]; all?: string[]; none?: string[] };
  /** Epoch ms; items published later than this. Items without a date do not pass. */
  publishedAfter?: number;
}

const names = array(word, { max: MAX_FILTER_CATEGORIES });

/** Parses a filter. */
export const filter: Parser<Filter> = object({
  language: optional(word),
  region: optional(word),
  categories: optional(object({ any: optional(names), all: optional(names), none: optional(names) })),
  publishedAfter: optional(integer({ min: 0 })),
});
