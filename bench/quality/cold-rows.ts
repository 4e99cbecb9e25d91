/** The rows of what `nearfeed evaluate` says of new items and new people. */
import type { ColdItemsTable } from "../../trainer/evaluate/cold-items.ts";
import type { ColdPeopleTable } from "../../trainer/evaluate/cold-people.ts";
import type { Row } from "../schema.ts";
import { figure } from "./change-rows.ts";

/** The release's own rows are those of its linear floor; the others stand beside it. */
const OWN = "linear";

/** @param id what the rows' ids begin with */
export function* coldStartRows(id: string, seed: number, { result }: { readonly result: unknown }): Iterable<Row> {
  const { items, people } = result as { items: ColdItemsTable; people: ColdPeopleTable };
  const { targets, demandShare, models } = items;
  for (const [model, { amongCold, amongAll, known, exposure }] of Object.entries(models)) {
    const about = { seed, ...(model !== OWN && { variant: model }) };
    const note = `${targets.cold.toLocaleString("en-US")} events of items that training has not met`;
    yield {
      id: `${id}-cold-hr10`,
      unit: "HR@10",
      ...figure(amongCold.hr),
      ...about,
      note: `${note}, among such items`,
    };
    yield { id: `${id}-cold-all-hr10`, unit: "HR@10", ...figure(amongAll.hr), ...about, note: `${note}, among all` };
    const fair = `of the first ten places; ${(100 * demandShare).toFixed(1)} % of the held-out events are theirs`;
    yield { id: `${id}-cold-exposure`, unit: "of 1", ...figure(exposure), ...about, note: fair };
    yield {
      id: `${id}-cold-known-hr10`,
      unit: "HR@10",
      ...figure(known.hr),
      ...about,
      note: "items that training knows",
    };
  }
  for (const [model, points] of Object.entries(people.models)) {
    const about = { seed, ...(model !== OWN && { variant: model }) };
    const note = `the same ${people.people.toLocaleString("en-US")} people`;
    for (const { events, ndcg } of points) {
      yield { id: `${id}-after-${events}-ndcg10`, unit: "NDCG@10", ...figure(ndcg), ...about, note };
    }
  }
}
