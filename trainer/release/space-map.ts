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
 * The ridge solution over the shared items, each weighted by log(1 + its history): a vector without history is the
 * content map's guess.
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
  const map = fitLinearMap(
    gatherVectors(
      from.columns,
      shared.map(({ before }) => before),
    ),
    gatherVectors(
      to.columns,
      shared.map(({ row }) => row),
    ),
    shared.map(({ row }) => Math.log1p(to.columns.history[row])),
    dim,
  );
  return { from: from.space, to: to.space, map: Float32Array.from(map) };
}

function refusal(problem: string): NearfeedError {
  return new NearfeedError("bad_argument", `The previous release ${problem}`, {
    path: "--previous",
    hint: "Leave the option out: devices then know of events only where this release has the item.",
  });
}
