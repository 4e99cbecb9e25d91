// From an item's id to its row, in eight to sixteen bytes an item: a Map of strings would cost an isolate ten times that.

import { hashText } from "../../shared/hash-text.ts";

/** Makes a function that finds the row of an id, or −1. `idOf` must give the ids that the table was built from. */
export function createIdLookup(size: number, idOf: (row: number) => string): (id: string) => number {
  const slots = slotsOf(size);
  const table = new Uint32Array(slots); // row + 1; 0 = empty
  for (let row = 0; row < size; row++) {
    let slot = hashText(idOf(row)) & (slots - 1);
    while (table[slot] !== 0) slot = (slot + 1) & (slots - 1);
    table[slot] = row + 1;
  }
  return (id) => {
    let slot = hashText(id) & (slots - 1);
    while (table[slot] !== 0) {
      const row = table[slot] - 1;
      if (idOf(row) === id) return row;
      slot = (slot + 1) & (slots - 1);
    }
    return -1;
  };
}

/** Bytes that a lookup of so many ids holds. */
export function idLookupBytes(size: number): number {
  return slotsOf(size) * Uint32Array.BYTES_PER_ELEMENT;
}

/** At most half of the slots are taken, so probes stay short. */
function slotsOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(size, 1) * 2));
}
