/**
 * Caps: how many of any few places in a row one author or one category may take. They bind softly: where nothing else is
 * left, a list is filled rather than cut short (`select.ts`).
 */
import type { ItemTable } from "./item-table.ts";

export interface CapSettings {
  /** Places of one author among any `CAP_WINDOW` in a row. */
  readonly perAuthor: number;
  /** Places of one category among any `CAP_WINDOW` in a row. */
  readonly perCategory: number;
}

export interface Caps {
  /** True where the row, coming next, would break a cap. */
  refuses(row: number): boolean;
  /** The list goes on with this row. */
  follow(row: number): void;
}

/** About what is on a screen at once; an endless feed has no other length. */
export const CAP_WINDOW = 10;

export function createCaps(table: ItemTable, { perAuthor, perCategory }: CapSettings): Caps {
  const { category, categoryStart } = table.columns;
  const { authorOf } = table;
  const ofAuthor = new Map<number, number>();
  const ofCategory = new Uint16Array(table.dictionaries.categories.length);
  /** The last places, oldest first; the next one makes the window full. */
  const last: number[] = [];

  function count(row: number, by: 1 | -1): void {
    const author = authorOf[row]!;
    if (author !== 0) ofAuthor.set(author, (ofAuthor.get(author) ?? 0) + by);
    for (let at = categoryStart[row]!; at < categoryStart[row + 1]!; at++) ofCategory[category[at]!]! += by;
  }

  return {
    refuses(row) {
      const author = authorOf[row]!;
      if (author !== 0 && (ofAuthor.get(author) ?? 0) >= perAuthor) return true;
      for (let at = categoryStart[row]!; at < categoryStart[row + 1]!; at++) {
        if (ofCategory[category[at]!]! >= perCategory) return true;
      }
      return false;
    },
    follow(row) {
      count(row, 1);
      last.push(row);
      if (last.length === CAP_WINDOW) count(last.shift()!, -1);
    },
  };
}
