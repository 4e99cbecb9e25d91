/** A world taken through the code under test up to the linear score. */
import type { Carried } from "../../../../shared/carried.ts";
import { interestAt } from "../../../../shared/interest.ts";
import { createItemTable } from "../../../../shared/item-table.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { createProfile } from "../../../../shared/profile.ts";
import type { LoggedEvent } from "../../../../shared/profile.ts";
import type { World } from "./world.ts";

export function tableOf({ columns, dictionaries, ids, model }: World) {
  return createItemTable(columns, dictionaries, ids, model.categoryWeight);
}

export function scored(
  world: World,
  adjustments?: ReadonlyMap<number, number>,
  log: readonly LoggedEvent[] = world.log,
  carried?: Carried,
) {
  const { model, now } = world;
  const table = tableOf(world);
  const profile = createProfile(model, log, carried);
  const interest = interestAt(profile, model, now, adjustments);
  return { table, profile, interest, scores: scoreLinear(table, interest, model) };
}

/** x in [−1, 1] for some categories. */
export function someAdjustments({ chance, dictionaries }: World): Map<number, number> {
  return new Map(
    dictionaries.categories
      .map((_, category): [number, number] => [category, 2 * chance.uniform() - 1])
      .filter(() => chance.uniform() < 0.5),
  );
}
