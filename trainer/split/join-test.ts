/** A log and its test part from files of their own, as one dataset: each user's test events come after those of training. */
import type { Item } from "../../shared/item.ts";
import { type Dataset, FINISHED_UNSAID, POSITION_UNSAID } from "../read/dataset.ts";
import { joinSurfaces } from "../read/surfaces.ts";
import type { TargetRange } from "./split.ts";

export interface JoinedTest {
  readonly dataset: Dataset;
  /** The test events of each user who has any. */
  readonly ranges: readonly TargetRange[];
}

/** Users and items that only the test part has are kept: nobody is left out of a mean for being hard. */
export function joinTest(train: Dataset, test: Dataset): JoinedTest {
  const users = [...new Set([...train.users, ...test.users])].sort();
  const byId = new Map([...test.items, ...train.items].map((item): [string, Item] => [item.id, item]));
  const ids = [...byId.keys()].sort();
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const parts = [train, test].map((dataset) => ({
    dataset,
    userAt: new Map(dataset.users.map((user, u) => [user, u])),
    row: dataset.items.map(({ id }) => rowOf.get(id)!),
  }));
  const n = train.events.item.length + test.events.item.length;
  const start = new Uint32Array(users.length + 1);
  const joined = joinSurfaces([train, test]);
  const events = {
    item: new Uint32Array(n),
    at: new Float64Array(n),
    kinds: new Uint16Array(n),
    value: new Float32Array(n),
    dwellMs: new Float32Array(n),
    fraction: new Float32Array(n),
    ...((train.events.finished ?? test.events.finished) && { finished: new Uint8Array(n).fill(FINISHED_UNSAID) }),
    ...((train.events.position ?? test.events.position) && { position: new Int16Array(n).fill(POSITION_UNSAID) }),
    ...((train.events.propensity ?? test.events.propensity) && { propensity: new Float32Array(n).fill(1) }),
    ...(joined && { surface: new Uint8Array(n) }),
    ...((train.events.saysAll ?? test.events.saysAll) && { saysAll: new Uint8Array(n) }),
  };
  const ranges: TargetRange[] = [];
  let to = 0;
  users.forEach((user, u) => {
    for (const { dataset, userAt, row } of parts) {
      const known = userAt.get(user);
      if (known === undefined) continue;
      const from = to;
      const { events: own } = dataset;
      for (let e = own.start[known]; e < own.start[known + 1]; e++, to++) {
        if (joined) events.surface![to] = joined.surfaceOf(dataset, e);
        events.item[to] = row[own.item[e]];
        // Without times each part counts from 0, and the test part goes on where training ends.
        events.at[to] = dataset.timed ? own.at[e] : to - start[u];
        events.kinds[to] = own.kinds[e];
        events.value[to] = own.value[e];
        events.dwellMs[to] = own.dwellMs[e];
        events.fraction[to] = own.fraction[e];
        if (own.finished) events.finished![to] = own.finished[e];
        if (own.position) events.position![to] = own.position[e];
        if (own.propensity) events.propensity![to] = own.propensity[e];
        if (own.saysAll) events.saysAll![to] = own.saysAll[e];
      }
      if (dataset === test) ranges.push({ user: u, from, to });
    }
    start[u + 1] = to;
  });
  const dataset: Dataset = {
    ...train,
    users,
    items: ids.map((id) => byId.get(id)!),
    events: { start, ...events },
    ...(joined && { surfaces: joined.surfaces }),
  };
  return { dataset, ranges };
}
