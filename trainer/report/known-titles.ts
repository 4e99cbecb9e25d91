/**
 * What the release holds to be like titles that people know: by the angle between vectors, and by the neighbour lists. No
 * measure, but whoever knows the catalogue sees at once whether it has learnt anything.
 */
import { categoriesOf } from "../../shared/item-columns.ts";
import { topK } from "../../shared/top-k.ts";
import { type Assembly, knownItem } from "../items/assemble.ts";

export interface LikeTitle {
  readonly title: string;
  /** Cosine of the vectors, or the weight of the neighbour. */
  readonly value: number;
}

export interface KnownTitle {
  readonly title: string;
  /** The category it stands for; absent where items have none. */
  readonly category?: string;
  /** People who had met it. */
  readonly people: number;
  readonly byVector: readonly LikeTitle[];
  /** What people went on to most. */
  readonly byNeighbours: readonly LikeTitle[];
}

const TITLES = 6;
const ALIKE = 5;

/** A vector that rests on fewer people is mostly what the item says of itself. */
const LEAST_PEOPLE = 5;

export function knownTitles(assembly: Assembly): KnownTitle[] {
  const { table, items } = assembly;
  const { columns, dictionaries } = table;
  const titleOf = (row: number) => items[row].title ?? items[row].id;
  return chooseTitles(assembly).map(({ row, category }) => {
    const { vector, neighbours } = knownItem(assembly, row);
    const near = Float32Array.from(table.nearness(`title ${row}`, vector), (cosine, other) =>
      other === row || columns.history[other] < LEAST_PEOPLE ? -Infinity : cosine,
    );
    const nearest = Array.from(topK(near, ALIKE)).filter((other) => near[other] > 0);
    return {
      title: titleOf(row),
      ...(category >= 0 && { category: dictionaries.categories[category] }),
      people: columns.history[row],
      byVector: nearest.map((other) => ({ title: titleOf(other), value: near[other] })),
      byNeighbours: neighbours
        .slice(0, ALIKE)
        .map(([id, weight]) => ({ title: titleOf(table.rowOf.get(id)!), value: weight })),
    };
  });
}

/** The most liked item of each of the most liked categories, none twice; of a catalogue without categories, of all. */
function chooseTitles({ table: { columns, dictionaries } }: Assembly): { row: number; category: number }[] {
  const { popularity, size } = columns;
  const byPopularity = Array.from({ length: size }, (_, row) => row).sort((a, b) => popularity[b] - popularity[a]);
  const liked = new Float64Array(dictionaries.categories.length);
  for (const row of byPopularity) for (const c of categoriesOf(columns, row)) liked[c] += popularity[row];
  const categories = [...liked.keys()].filter((c) => liked[c] > 0).sort((a, b) => liked[b] - liked[a]);
  const chosen: { row: number; category: number }[] = [];
  for (const category of categories.length > 0 ? categories : new Array<number>(TITLES).fill(-1)) {
    const row = byPopularity.find(
      (each) =>
        popularity[each] > 0 &&
        (category < 0 || categoriesOf(columns, each).includes(category)) &&
        !chosen.some((other) => other.row === each),
    );
    if (row !== undefined) chosen.push({ row, category });
    if (chosen.length === TITLES) break;
  }
  return chosen;
}
