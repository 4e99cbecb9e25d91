/**
 * The map from the space of the release before into that of the next, for events of items that devices do not hold: fitted
 * on the items that both have.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { gatherVectors } from "../../shared/item-columns.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import type { Assembly } from "../items/assemble.ts";
import { fitLinearMap } from "../math/least-squares.ts";

/**
 * How far an item's error counts for less because its vector is long. By errors as they are the few popular items, whose vectors are
 * longest, draw the map to themselves, and all events of the others are misread: carried profiles then keep .956 of what rebuilt ones
 * find, on validation of MovieLens-1M; by 2 it is .976, by 3 .989, by 4 .997, by 5 .982, by 6 .935.
 */
const LENGTH_EXPONENT = 3;

/** The shorter of the vectors count as much as the one at this place: .984 then, and no vector of almost nothing is all that counts. */
const SHORT_SHARE = 0.1;

/**
 * The ridge solution over the shared items, each weighted by log(1 + its history) over a power of its length: a vector without
 * history is the content map's guess.
 *
 * @returns undefined where the space is the same
 * @throws NearfeedError `bad_argument` where the spaces cannot be mapped: other dimensions, or nothing in common
 */
export function fitSpaceMap(
  previous: Pick<Assembly, "table" | "index">,
  next: Pick<Assembly, "table" | "index">,
): SpaceMap | undefined {
  const [from, to] = [previous.index, next.index];
  if (from.space === to.space) return undefined;
  const { dim } = to.columns;
  if (from.columns.dim !== dim) throw refusal(`has ${from.columns.dim} dimensions, this one ${dim}`);
  const shared = next.table.ids.flatMap((id, row) => {
    const before = previous.table.rowOf.get(id);
    return before === undefined ? [] : [{ before, row }];
  });
  if (shared.length === 0) throw refusal("has no item in common with this one");
  const target = gatherVectors(
    to.columns,
    shared.map(({ row }) => row),
  );
  const { history } = to.columns;
  const lengths = shared.map((_, i) => Math.hypot(...target.subarray(i * dim, (i + 1) * dim)));
  const least = shortLength(lengths.filter((_, i) => history[shared[i].row] > 0));
  const weight = shared.map(({ row }, i) => Math.log1p(history[row]) / Math.max(least, lengths[i]) ** LENGTH_EXPONENT);
  const source = gatherVectors(
    from.columns,
    shared.map(({ before }) => before),
  );
  const map = fitLinearMap(source, target, weight, dim);
  return { from: from.space, to: to.space, map: Float32Array.from(map) };
}

/** 1 where none has a length. */
function shortLength(lengths: readonly number[]): number {
  const sorted = lengths.filter((length) => length > 0).sort((a, b) => a - b);
  return sorted[Math.floor(SHORT_SHARE * sorted.length)] ?? 1;
}

function refusal(problem: string): NearfeedError {
  return new NearfeedError("bad_argument", `The previous release ${problem}`, {
    path: "--previous",
    hint: "Leave the option out: devices then know of events only where this release has the item.",
  });
}
