import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { describe, expect, test } from "vitest";
import { EVENT_TYPES, type EventType } from "../../../../shared/event.ts";
import { feedLabel } from "../../../../trainer/read/feed-labels.ts";
import { joinDatasets } from "../../../../trainer/read/join-datasets.ts";
import { datasetHash } from "../../../../trainer/retrain/recipe.ts";
import { makeDataset } from "../make-dataset.ts";

const film = { id: "b", categories: ["Drama"], title: "B" };
const base = makeDataset({ anna: ["a", "b"], carl: ["c"] }, [film]);
// Anna's events of the log are at minutes 1 and 2 too, and are moved between and after those of the base.
const log = makeDataset({ anna: ["d", "b"], berta: ["a", "new"] }, [], "click");
log.events.at[0] += 30_000;
log.events.at[1] += 600_000;
const joined = joinDatasets([base, log]);

function eventsOf(user: string): [item: string, at: number, kinds: number][] {
  const { start, item, at, kinds } = joined.events;
  const u = joined.users.indexOf(user);
  return Array.from({ length: start[u + 1] - start[u] }, (_, i) => {
    const e = start[u] + i;
    return [joined.items[item[e]].id, at[e], kinds[e]];
  });
}

describe("joining logs", () => {
  test("makes one history of what a person did in both, by time", () => {
    const [like, click] = [base.events.kinds[0], log.events.kinds[0]];
    expect(eventsOf("anna")).toEqual([
      ["a", 60_000, like],
      ["d", 90_000, click],
      ["b", 120_000, like],
      ["b", 720_000, click],
    ]);
  });

  test("keeps people and items that one of them has alone, and the first description of an item", () => {
    expect(joined.users).toEqual(["anna", "berta", "carl"]);
    expect(eventsOf("carl").map(([item]) => item)).toEqual(["c"]);
    expect(eventsOf("berta").map(([item]) => item)).toEqual(["a", "new"]);
    expect(joined.items.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "new"]);
    expect(joined.items[1]).toEqual(film);
  });

  test("keeps what one of them says of finishing and places, and is silent where the other is", () => {
    const { events, ...rest } = base;
    const said = {
      ...rest,
      events: {
        ...events,
        finished: Uint8Array.of(1, 0, 1),
        position: Int16Array.of(3, 4, 5),
        saysAll: Uint8Array.of(1, 1, 1),
      },
    };
    const both = joinDatasets([said, log]);
    expect([...both.events.finished!]).toEqual([1, 2, 0, 2, 2, 2, 1]);
    expect([...both.events.position!]).toEqual([3, -1, 4, -1, -1, -1, 5]);
    // Of the other what was done comes as events of its own.
    expect([...both.events.saysAll!]).toEqual([1, 0, 1, 0, 0, 0, 1]);
    expect(datasetHash(both)).not.toBe(
      datasetHash({ ...both, events: { ...both.events, finished: both.events.finished!.map(() => 2) } }),
    );
  });

  test("takes what a log does not say of how likely something was for certain", () => {
    const [first, second] = [makeDataset({ anna: ["a", "b"] }), makeDataset({ anna: ["c"] })];
    second.events.at.set([first.events.at[1]! + 1]);
    const drawn = { ...first, events: { ...first.events, propensity: Float32Array.of(0.5, 0.25) } };
    expect([...joinDatasets([drawn, second]).events.propensity!]).toEqual([0.5, 0.25, 1]);
    expect(joinDatasets([first, second]).events.propensity).toBeUndefined();
    expect(datasetHash(drawn)).not.toBe(datasetHash(first));
  });

  test("numbers the surfaces of both anew", () => {
    const on = (dataset: Dataset, surfaces: string[], surface: number[]): Dataset => ({
      ...dataset,
      surfaces,
      events: { ...dataset.events, surface: Uint8Array.from(surface) },
    });
    const [first, second] = [makeDataset({ anna: ["a", "b"] }), makeDataset({ anna: ["c", "d", "e"] })];
    second.events.at.set([1, 2, 3].map((ms) => ms + first.events.at[1]!));
    const both = joinDatasets([on(first, ["feed", "shelf"], [0, 1]), on(second, ["shelf", "page"], [0, 1, 255])]);
    expect(both.surfaces).toEqual(["shelf", "feed", "page"]);
    expect([...both.events.surface!]).toEqual([1, 0, 0, 2, 255]);
    // Of a log that never says, nothing is known.
    const half = joinDatasets([on(first, ["feed", "shelf"], [0, 1]), second]);
    expect([...half.events.surface!]).toEqual([0, 1, 255, 255, 255]);
    const other = { ...half, surfaces: ["feed", "page"] };
    expect(datasetHash(other)).not.toBe(datasetHash(half));
  });

  test("takes what stands in rows of exposures for no deed, beside a log in which deeds come after what was shown", () => {
    const at = (ms: number[], types: EventType[][], saysAll?: Uint8Array) => {
      const one = makeDataset({ anna: ms.map(() => "a") });
      one.events.at.set(ms);
      one.events.kinds.set(types.map((each) => each.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0)));
      return saysAll ? { ...one, events: { ...one.events, saysAll } } : one;
    };
    // Shown and left, then looked for by itself; in the other shown, and clicked after that.
    const rows = at([1, 2], [["impression"], ["click"]], Uint8Array.of(1, 1));
    const events = at([3, 4], [["impression"], ["click"]]);
    expect([...feedLabel(joinDatasets([rows, events]), "click")!]).toEqual([0, 1, 1, 1]);
  });

  test("puts a log without times before all that has one", () => {
    const untimed = { ...makeDataset({ anna: ["x", "y"] }), timed: false };
    untimed.events.at.set([0, 1]);
    const { events, items, timed } = joinDatasets([untimed, makeDataset({ anna: ["z"] })]);
    expect(Array.from(events.item, (row) => items[row].id)).toEqual(["x", "y", "z"]);
    expect(timed).toBe(true);
  });
});
