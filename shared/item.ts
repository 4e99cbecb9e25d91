// An item of the catalogue, as apps and training files write it. Not the columns of an index: those are numbers only.

import { array, integer, jsonObject, object, optional, string } from "./parse.ts";
import type { JsonObject, Parser } from "./parse.ts";

/** Longest id of an item, event list, surface or release, in UTF-16 units. */
export const MAX_ID_CHARS = 128;

/** What an app may show of an item; long texts belong behind `url`. */
const MAX_TITLE_CHARS = 512;
const MAX_TEXT_CHARS = 20_000;
const MAX_URL_CHARS = 2_048;
const MAX_CATEGORIES = 64;
const MAX_TAGS = 128;
const MAX_REGIONS = 300;
const MAX_WORD_CHARS = 64;

/** One thing that can be recommended. */
export interface Item {
  id: string;
  /** Genres, topics or departments; the unit of diversity and of the profile's bars. */
  categories: string[];
  title?: string;
  tags?: string[];
  author?: string;
  durationMs?: number;
  /** BCP 47 tag; absent: fits every language. */
  language?: string;
  /** Where it may be shown; absent or empty: everywhere. */
  regions?: string[];
  /** Epoch ms. */
  publishedAt?: number;
  text?: string;
  url?: string;
  image?: string;
  /** The app's own fields, shipped in the catalogue as they are. */
  data?: JsonObject;
}

/** An id: 1–128 characters. */
export const id: Parser<string> = string({ min: 1, max: MAX_ID_CHARS, code: "id_too_long" });

/** A short name: a category, tag, language or region. */
export const word: Parser<string> = string({ min: 1, max: MAX_WORD_CHARS });

/** As {@link parseItem}. */
export const itemParser = object({
  id,
  categories: array(word, { max: MAX_CATEGORIES }),
  title: optional(string({ max: MAX_TITLE_CHARS })),
  tags: optional(array(word, { max: MAX_TAGS })),
  author: optional(id),
  durationMs: optional(integer({ min: 0 })),
  language: optional(word),
  regions: optional(array(word, { max: MAX_REGIONS })),
  publishedAt: optional(integer({ min: 0 })),
  text: optional(string({ max: MAX_TEXT_CHARS })),
  url: optional(string({ max: MAX_URL_CHARS })),
  image: optional(string({ max: MAX_URL_CHARS })),
  data: optional(jsonObject),
});

/** Parses one item; errors carry the path below `path`. */
export function parseItem(value: unknown, path = ""): Item {
  return itemParser(value, path);
}
