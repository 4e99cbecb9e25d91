/** A log of exposures: what people were shown over days, and what they clicked. */
import { EVENT_TYPES, type EventType } from "../../../shared/event.ts";
import type { Item } from "../../../shared/item.ts";
import { below, createRandom } from "../../../trainer/math/random.ts";
import type { Dataset } from "../../../trainer/read/dataset.ts";
import { makeDataset } from "./make-dataset.ts";

export const DAY = 24 * 3_600_000;
const bits = (...types: EventType[]) => types.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0);
export const SHOWN = bits("impression");
export const CLICKED = bits("impression", "click");

/**
 * Twelve days of ten exposures each: half of the films are clicked by seven of ten who see them, the other half by three. Those are shown twice as
 * often, so that what is popular is not what is chosen.
 */
export function feed(people: number): Dataset {
  const random = createRandom(5);
  const items = Array.from({ length: 40 }, (_, i): Item => ({
    id: `film${String(i).padStart(2, "0")}`,
    categories: [`genre${i % 3}`],
  }));
  const shown = Array.from({ length: people * 120 }, () => {
    const good = random() < 1 / 3;
    const item = items[(good ? 0 : 20) + below(random, 20)]!.id;
    return { item, clicked: random() < (good ? 0.7 : 0.3) };
  });
  const histories = Object.fromEntries(
    Array.from({ length: people }, (_, u) => [
      `p${String(u).padStart(2, "0")}`,
      shown.slice(u * 120, (u + 1) * 120).map(({ item }) => item),
    ]),
  );
  const dataset = makeDataset(histories, items);
  dataset.events.kinds.set(shown.map(({ clicked }) => (clicked ? CLICKED : SHOWN)));
  dataset.events.at.set(shown.map((_, e) => DAY + Math.floor((e % 120) / 10) * DAY + (e % 10) * 60_000));
  return dataset;
}
