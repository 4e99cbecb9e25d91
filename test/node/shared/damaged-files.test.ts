/** Damage to any format ends in a NearfeedError with a path, or in a value that holds every promise of the format. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Candidates } from "../../../shared/candidates-file.ts";
import type { Cells } from "../../../shared/cells-file.ts";
import type { SpacedContentMap } from "../../../shared/content-file.ts";
import type { Constants } from "../../../shared/constants-file.ts";
import { NearfeedError } from "../../../shared/errors.ts";
import type { ItemIndex } from "../../../shared/index-file.ts";
import type { Dictionaries, ItemColumns } from "../../../shared/item-columns.ts";
import type { Neighbours } from "../../../shared/neighbours-file.ts";
import type { SpaceMap } from "../../../shared/space-map-file.ts";
import type { PackHead } from "../../../shared/pack-file.ts";
import { FORMATS, PACKED, ROWS } from "./support/small-release.ts";
import type { Format } from "./support/small-release.ts";

const finite = (values: ArrayLike<number>, min = -Infinity) =>
  Array.from(values).every((value) => Number.isFinite(value) && value >= min);
const below = (values: ArrayLike<number>, bound: number) => Array.from(values).every((value) => value < bound);
const starts = (start: ArrayLike<number>, entries: number, length: number) => {
  const list = Array.from(start);
  const rising = list.every((at, i) => i === 0 || at >= list[i - 1]!);
  return list.length === entries + 1 && list[0] === 0 && list[entries] === length && rising;
};

function soundColumns(columns: ItemColumns, dictionaries: Dictionaries): boolean {
  const { size, dim } = columns;
  const perItem = [columns.scale, columns.popularity, columns.uncertainty, columns.history, columns.publishedAt];
  const others = [columns.author, columns.duration, columns.language];
  return (
    [...perItem, ...others].every(({ length }) => length === size) &&
    columns.vectors.length === size * dim &&
    perItem.every((column) => finite(column, 0)) &&
    starts(columns.categoryStart, size, columns.category.length) &&
    starts(columns.regionStart, size, columns.region.length) &&
    below(columns.category, dictionaries.categories.length) &&
    below(columns.region, dictionaries.regions.length) &&
    below(columns.language, dictionaries.languages.length + 1)
  );
}

const SOUND: Record<string, (value: unknown) => boolean> = {
  pack: (value) => {
    const { kind, start, dataAt } = value as PackHead;
    return (
      kind === "pools" &&
      starts(
        start,
        3,
        PACKED.reduce((sum, { length }) => sum + length, 0),
      ) &&
      dataAt > 0
    );
  },
  index: (value) => {
    const { columns, dictionaries, centroids, cellStart } = value as ItemIndex;
    const cells = cellStart.length - 1;
    const matches = centroids.length === cells * columns.dim && finite(centroids);
    return soundColumns(columns, dictionaries) && matches && starts(cellStart, cells, columns.size);
  },
  neighbours: (value) => {
    const { size, perItem, neighbour, weight, scale, rows } = value as Neighbours;
    const lengths = neighbour.length === size * perItem && weight.length === size * perItem && scale.length === size;
    return rows === ROWS && lengths && below(neighbour, size) && finite(weight, 0) && finite(scale, 0);
  },
  candidates: (value) => {
    const { columns, dictionaries, ids, row, source, catalog = ids } = value as Candidates;
    const lengths = [ids, row, source, catalog].every(({ length }) => length === columns.size);
    return soundColumns(columns, dictionaries) && lengths && new Set(ids).size === ids.length;
  },
  pool: (value) => {
    const { columns, dictionaries, ids, neighbours } = value as Candidates;
    if (!neighbours) return false;
    const { perItem, neighbour, weight, scale } = neighbours;
    const slots = columns.size * perItem;
    const lengths = neighbour.length === slots && weight.length === slots && scale.length === columns.size;
    const used = neighbour.filter((_, slot) => weight[slot]! > 0);
    const named = below(used, neighbours.ids.length) && finite(weight, 0) && finite(scale, 0);
    return soundColumns(columns, dictionaries) && new Set(ids).size === ids.length && lengths && named;
  },
  cells: (value) => {
    const { dim, mean, scale, cellStart } = value as Cells;
    const cells = cellStart.length - 1;
    return dim === 4 && mean.length === cells * dim && finite(scale, 0) && starts(cellStart, cells, 3);
  },
  ids: (value) => (value as string[]).length === 3,
  catalog: (value) => (value as string[]).length === 3,
  constants: (value) => {
    const { gram, categoryWeight } = value as Constants;
    return gram.length === 16 && finite(gram) && finite(categoryWeight, 0);
  },
  content: (value) => {
    const { names, weights } = value as SpacedContentMap;
    return weights.length === names.length * 4 && finite(weights) && new Set(names).size === names.length;
  },
  "space-map": (value) => {
    const { map } = value as SpaceMap;
    return map.length === 16 && finite(map);
  },
};

/** True where the file was refused. Plain checks: this runs ten thousand times a format. */
function survives({ name, decode }: Format, damaged: Uint8Array, what: string): boolean {
  let value: unknown;
  try {
    value = decode(damaged);
  } catch (error) {
    const known = error instanceof NearfeedError && ["bad_format", "wrong_version"].includes(error.code);
    if (!known || !error.path) expect.fail(`${what} ended in ${String(error)} without our code or path`);
    return true;
  }
  if (!SOUND[name]!(value)) expect.fail(`${what} was read, but breaks a promise of the format`);
  return false;
}

test.each(FORMATS)("the sound example of the $name file is called sound", ({ name, value }) => {
  expect(SOUND[name]!(value)).toBe(true);
});

test.each(FORMATS)("a $name file cut off at any byte is refused", (format) => {
  const file = format.encode();
  for (let length = 0; length < file.length; length++) {
    expect(survives(format, file.slice(0, length), `cut at ${length}`)).toBe(true);
  }
});

test.each(FORMATS)("a $name file with any one bit flipped is refused or sound", (format) => {
  const file = format.encode();
  let refused = 0;
  for (let at = 0; at < file.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = file.slice();
      damaged[at]! ^= 1 << bit;
      if (survives(format, damaged, `byte ${at} bit ${bit}`)) refused++;
    }
  }
  expect(refused, "most of a small file is its header, where damage shows").toBeGreaterThan(file.length * 4);
});

test.each(FORMATS)("a $name file with several bytes overwritten, cut out or doubled is refused or sound", (format) => {
  const file = format.encode();
  const at = fc.nat({ max: file.length - 1 });
  const edits = fc.array(fc.tuple(at, fc.nat({ max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(edits, at, at, fc.constantFrom("keep", "cut", "double"), (bytes, from, to, splice) => {
      const damaged = file.slice();
      for (const [where, value] of bytes) damaged[where] = value;
      const parts = splice === "keep" ? [damaged] : [damaged.slice(0, from), damaged.slice(to)];
      survives(format, new Uint8Array(Buffer.concat(parts)), "edited");
    }),
    { numRuns: 500 },
  );
});
