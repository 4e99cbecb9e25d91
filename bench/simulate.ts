/**
 * What exploration costs and what it finds: some days of a service in a made-up world (`simulate/world.ts`), lived twice with the
 * same people, tastes and answers, with exploration and without. Nothing is timed.
 */
import { createBootstrap, perPerson } from "../trainer/evaluate/bootstrap.ts";
import { type Days, liveDays } from "./simulate/days.ts";
import { createWorld, type World } from "./simulate/world.ts";
import { figure, rounded } from "./quality/change-rows.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const FULL = { worlds: 4, days: 10, people: 200, old: 800, fresh: 80 };
const QUICK = { worlds: 1, days: 3, people: 40, old: 200, fresh: 20 };

/** The best quarter of the new items, by how likely people like them on average. */
const GOOD_SHARE = 0.25;
/** Likes from which a new item counts as found. */
const FOUND_LIKES = 5;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const { worlds, days, ...size } = quick ? QUICK : FULL;
  const lived: { readonly explored: Days; readonly plain: Days; readonly good: readonly number[] }[] = [];
  for (let n = 0; n < worlds; n++) {
    const world = createWorld(size, seed + n);
    const options = { days, seed: seed + n };
    lived.push({
      explored: await liveDays(world, { ...options, explores: true }),
      plain: await liveDays(world, { ...options, explores: false }),
      good: goodOnes(world),
    });
  }
  const likes = (of: "explored" | "plain") => perPerson(lived.flatMap((each) => [...each[of].likes]));
  const [explored, plain] = [likes("explored"), likes("plain")];
  const bootstrap = createBootstrap([explored, plain], seed);
  const { mean, low, high } = bootstrap.ratio(explored, plain);
  const about = {
    seed,
    note: `${worlds} world${worlds === 1 ? "" : "s"}, ${days} days of ${size.people} people, ${size.fresh} new items`,
  };
  yield { id: "simulate-regret", unit: "of 1", ...figure({ mean: 1 - mean, low: 1 - high, high: 1 - low }), ...about };
  for (const [name, of] of [
    ["", "explored"],
    ["unexplored", "plain"],
  ] as const) {
    const variant = name === "" ? {} : { variant: name };
    const found = Array.from({ length: days }, (_, day) => foundShare(lived, of, day));
    const half = found.findIndex((share) => share >= 0.5);
    yield { id: "simulate-found", unit: "of 1", value: rounded(found.at(-1)!), seed, ...variant };
    yield {
      id: "simulate-found-first-days",
      unit: "of 1",
      value: rounded(found[Math.min(2, days - 1)]!),
      seed,
      ...variant,
    };
    if (half >= 0) yield { id: "simulate-days-to-half", unit: "days", value: half + 1, seed, ...variant };
    const last = lived.reduce((sum, each) => sum + each[of].byDay.at(-1)!, 0) / (worlds * size.people);
    yield { id: "simulate-likes-last-day", unit: "likes a person", value: rounded(last), seed, ...variant };
  }
}

/** Share of the good new items that were found by the end of a day. */
function foundShare(
  lived: readonly { readonly explored: Days; readonly plain: Days; readonly good: readonly number[] }[],
  of: "explored" | "plain",
  day: number,
): number {
  const found = lived.flatMap((each) => each.good.map((item) => Number(each[of].ofFresh[day]![item]! >= FOUND_LIKES)));
  return found.reduce((sum, each) => sum + each, 0) / found.length;
}

function goodOnes({ people, old, fresh, chance }: World): number[] {
  const worth = Array.from({ length: fresh }, (_, item) => {
    let sum = 0;
    for (let person = 0; person < people; person++) sum += chance(person, old + item);
    return { item, sum };
  });
  return worth
    .sort((a, b) => b.sum - a.sum)
    .slice(0, Math.round(GOOD_SHARE * fresh))
    .map(({ item }) => item);
}
