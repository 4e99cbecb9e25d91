/**
 * The operator's word on lists: `pin` an item to a place, `boost` it, `bury` it. Rules come with the channel and hold for
 * everybody; they never bring back what a person has seen or hidden. What selection makes of them is `select.ts`.
 */
import { id, word } from "./item.ts";
import type { ItemTable } from "./item-table.ts";
import { array, integer, number, object, oneOf, optional, refuse, taking } from "./parse.ts";
import type { Parser } from "./parse.ts";

/** Exactly one of `item` and `category` is there. */
export interface Rule {
  kind: "pin" | "boost" | "bury";
  /** One item, by id. */
  item?: string;
  /** All items of a category; a pin takes the best of them. */
  category?: string;
  /** Only where lists of this surface are made. */
  surface?: string;
  /** Epoch ms; from then on the rule is void. */
  until: number;
  /** Of a pin: the place, from 0. */
  position?: number;
  /** Of a boost: what it adds to the score, in deviations of the scores. */
  deviations?: number;
}

/** What a rule did to an entry. */
export type Moved = "pinned" | "boosted" | "buried";

/** Most rules of a channel: each is looked at for every list. */
export const MAX_RULES = 100;
/** Pins further down than any list reaches at once would wait for ever. */
const MAX_POSITION = 199;
/** More leads any list: the best of a catalogue lie at most some ten deviations above the rest. */
const MAX_DEVIATIONS = 20;

const ruleFields = object({
  kind: oneOf(["pin", "boost", "bury"]),
  item: optional(id),
  category: optional(word),
  surface: optional(id),
  until: integer({ min: 0 }),
  position: optional(integer({ min: 0, max: MAX_POSITION })),
  deviations: optional(number({ min: 0, max: MAX_DEVIATIONS })),
}) satisfies Parser<Rule>;

const rule: Parser<Rule> = taking(
  (value, path) => {
    const parsed = ruleFields(value, path);
    const { kind, item, category, position, deviations } = parsed;
    if ((item === undefined) === (category === undefined)) {
      return refuse("bad_value", path, "about either an item or a category", item === undefined ? "neither" : "both");
    }
    if ((kind === "pin") !== (position !== undefined)) {
      return refuse(
        "bad_value",
        `${path}.position`,
        kind === "pin" ? "given for a pin" : "absent but for a pin",
        position,
      );
    }
    if ((kind === "boost") !== (deviations !== undefined)) {
      const expected = kind === "boost" ? "given for a boost" : "absent but for a boost";
      return refuse("bad_value", `${path}.deviations`, expected, deviations);
    }
    return parsed;
  },
  "same",
  ruleFields,
);

/** Parses the rules of a channel. */
export const rulesParser: Parser<Rule[]> = array(rule, { max: MAX_RULES });

/** The rules that hold for one list, by row. */
export interface RowRules {
  /** In the order of the channel. */
  readonly pins: readonly { readonly position: number; readonly rows: readonly number[] }[];
  /** Deviations that a row's score gains. */
  readonly boost: ReadonlyMap<number, number>;
  readonly buried: ReadonlySet<number>;
}

/** @returns undefined where no rule holds */
export function rowRules(
  table: ItemTable,
  rules: readonly Rule[],
  { surface, now }: { readonly surface: string; readonly now: number },
): RowRules | undefined {
  const active = rules.filter((each) => each.until > now && (each.surface === undefined || each.surface === surface));
  if (active.length === 0) return undefined;
  const pins: RowRules["pins"][number][] = [];
  const boost = new Map<number, number>();
  const buried = new Set<number>();
  for (const each of active) {
    const rows = rowsOf(table, each);
    if (each.kind === "pin") pins.push({ position: each.position!, rows });
    else if (each.kind === "bury") for (const row of rows) buried.add(row);
    else for (const row of rows) boost.set(row, (boost.get(row) ?? 0) + each.deviations!);
  }
  return { pins, boost, buried };
}

function rowsOf(table: ItemTable, { item, category }: Rule): number[] {
  if (item !== undefined) return table.rowOf.has(item) ? [table.rowOf.get(item)!] : [];
  const wanted = table.dictionaries.categories.indexOf(category!);
  if (wanted < 0) return [];
  const { category: categories, categoryStart, size } = table.columns;
  const rows: number[] = [];
  for (let row = 0, at = 0; row < size; row++) {
    let has = false;
    for (const end = categoryStart[row + 1]!; at < end; at++) has ||= categories[at] === wanted;
    if (has) rows.push(row);
  }
  return rows;
}
