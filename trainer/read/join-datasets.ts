/** Several logs of one catalogue, read from files of different kinds, as one dataset: each person's events in one order. */
import type { Item } from "../../shared/item.ts";
import { type Dataset, type Events, FINISHED_UNSAID, POSITION_UNSAID } from "./dataset.ts";
import { joinSurfaces } from "./surfaces.ts";

/**
 * A person who is in several of them has one history, ordered by time; of equal times those of the earlier dataset come
 * first. Of an item that several have, the description of the first counts.
 *
 * @param datasets ordered ones; of one without times, everything comes before whatever has a time
 */
export function joinDatasets(datasets: readonly Dataset[]): Dataset {
  if (datasets.length === 1) return datasets[0];
  const users = [...new Set(datasets.flatMap((dataset) => dataset.users))].sort();
  const byId = new Map(datasets.flatMap(({ items }) => items.map((item): [string, Item] => [item.id, item])).reverse());
  const ids = [...byId.keys()].sort();
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const parts = datasets.map((dataset) => ({
    dataset,
    userAt: new Map(dataset.users.map((user, u) => [user, u])),
    row: dataset.items.map(({ id }) => rowOf.get(id)!),
    events: dataset.events,
  }));
  const n = datasets.reduce((sum, { events }) => sum + events.item.length, 0);
  const start = new Uint32Array(users.length + 1);
  const joined = joinSurfaces(datasets);
  const into: Omit<Events, "start"> = {
    item: new Uint32Array(n),
    at: new Float64Array(n),
    kinds: new Uint16Array(n),
    value: new Float32Array(n),
    dwellMs: new Float32Array(n),
    fraction: new Float32Array(n),
    ...(parts.some(({ events }) => events.finished) && { finished: new Uint8Array(n).fill(FINISHED_UNSAID) }),
    ...(parts.some(({ events }) => events.position) && { position: new Int16Array(n).fill(POSITION_UNSAID) }),
    ...(parts.some(({ events }) => events.propensity) && { propensity: new Float32Array(n).fill(1) }),
    ...(joined && { surface: new Uint8Array(n) }),
    ...(parts.some(({ events }) => events.saysAll) && { saysAll: new Uint8Array(n) }),
  };
  let next = 0;
  users.forEach((user, u) => {
    const history = parts.flatMap(({ dataset, userAt, row, events }) => {
      const known = userAt.get(user);
      if (known === undefined) return [];
      const [from, to] = [events.start[known], events.start[known + 1]];
      return Array.from({ length: to - from }, (_, i) => ({ dataset, events, row, e: from + i }));
    });
    history.sort((a, b) => a.events.at[a.e] - b.events.at[b.e]);
    for (const { dataset, events, row, e } of history) {
      if (joined) into.surface![next] = joined.surfaceOf(dataset, e);
      into.item[next] = row[events.item[e]];
      for (const field of ["at", "kinds", "value", "dwellMs", "fraction"] as const)
        into[field][next] = events[field][e];
      if (events.finished) into.finished![next] = events.finished[e];
      if (events.position) into.position![next] = events.position[e];
      if (events.propensity) into.propensity![next] = events.propensity[e];
      if (events.saysAll) into.saysAll![next] = events.saysAll[e];
      next++;
    }
    start[u + 1] = next;
  });
  return {
    name: datasets.map(({ name }) => name).join(" "),
    users,
    items: ids.map((id) => byId.get(id)!),
    events: { start, ...into },
    ...(joined && { surfaces: joined.surfaces }),
    timed: datasets.some(({ timed }) => timed),
    ordered: datasets.every(({ ordered }) => ordered),
  };
}
