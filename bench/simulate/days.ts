/**
 * Some days of a service in a made-up world: people open lists that are made as devices make them, say what they like, and every
 * night the service learns from all that was said. With exploration, or without.
 */
import { arrange } from "../../shared/arrange.ts";
import { EVENT_TYPES, type EventType } from "../../shared/event.ts";
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile } from "../../shared/profile.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { topK } from "../../shared/top-k.ts";
import { knownItem } from "../../trainer/items/assemble.ts";
import { eventOf } from "../../trainer/items/event-signals.ts";
import { createRandom, shuffle } from "../../trainer/math/random.ts";
import { type Dataset, kindsOf } from "../../trainer/read/dataset.ts";
import { type TrainedLinear, trainLinear } from "../../trainer/train/train-linear.ts";
import type { LinearFit } from "../../trainer/tune/tune-linear.ts";
import { FIRST_DAY_MS, type World } from "./world.ts";

/** What a person was shown, and said of it. */
interface Answer {
  readonly item: number;
  readonly at: number;
  readonly liked: boolean;
}

export interface DaysOptions {
  readonly explores: boolean;
  readonly days: number;
  readonly seed: number;
}

export interface Days {
  /** Likes of each person, of all days. `[people]` */
  readonly likes: Float64Array;
  /** Likes of each new item by the end of each day. `[days][fresh]` */
  readonly ofFresh: readonly Uint32Array[];
  /** Likes of each day. `[days]` */
  readonly byDay: Float64Array;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Old items that everybody has said something of before the first day. */
const KNOWN_BEFORE = 60;
/** Lists that a person opens a day, and their length. */
const LISTS = 2;
const LIST = 20;
/** Events of each person that weights are tuned on, once, before the first day. */
const TUNING_HOLDOUT = 5;

export async function liveDays(world: World, { explores, days, seed }: DaysOptions): Promise<Days> {
  const logs = before(world, seed);
  const likes = new Float64Array(world.people);
  const byDay = new Float64Array(days);
  const ofFresh: Uint32Array[] = [];
  const counted = new Uint32Array(world.fresh);
  let fit: LinearFit | undefined;
  for (let day = 0; day < days; day++) {
    const dataset = datasetOf(world, logs);
    fit ??= (await trainLinear(dataset, { seed, holdout: TUNING_HOLDOUT })).fit;
    const trained = await trainLinear(dataset, { seed, holdout: 0, fit });
    for (let person = 0; person < world.people; person++) {
      for (let n = 0; n < LISTS; n++) {
        const now = FIRST_DAY_MS + day * DAY_MS + n * (DAY_MS / LISTS) + person * 1_000;
        const list = explores ? `${seed} ${person} ${day} ${n}` : undefined;
        for (const [place, item] of listOf(trained, world, logs[person]!, now, list).entries()) {
          const liked = world.likes(person, item);
          logs[person]!.push({ item, at: now + place, liked });
          if (!liked) continue;
          likes[person]!++;
          byDay[day]!++;
          if (item >= world.old) counted[item - world.old]!++;
        }
      }
    }
    ofFresh.push(counted.slice());
  }
  return { likes, ofFresh, byDay };
}

/** What a person has said before the first day of old items, drawn by chance. */
function before({ people, old, likes }: World, seed: number): Answer[][] {
  const random = createRandom(seed);
  return Array.from({ length: people }, (_, person) => {
    const rows = shuffle(
      Uint32Array.from({ length: old }, (_, i) => i),
      random,
    ).slice(0, KNOWN_BEFORE);
    const begin = FIRST_DAY_MS - (KNOWN_BEFORE + 1) * MINUTE_MS;
    return Array.from(rows, (item, n) => ({ item, at: begin + n * MINUTE_MS, liked: likes(person, item) }));
  });
}

/** The items of a list, as the person's own device would make it. */
function listOf(
  { assembly, model }: TrainedLinear,
  world: World,
  log: readonly Answer[],
  now: number,
  list: string | undefined,
): number[] {
  const { table } = assembly;
  const own = datasetOf(world, [log]);
  const entries = log.map(({ item }, e) => ({
    event: eventOf(own, e, kindsOf(own.events.kinds[e]!)[0]!),
    known: knownItem(assembly, assembly.rowOfItem[item]!),
  }));
  const interest = interestAt(createProfile(model, entries), model, now);
  const scores = scoreLinear(table, interest, model).total.slice();
  for (const { item } of log) scores[assembly.rowOfItem[item]!] = -Infinity;
  const candidates = Array.from(topK(scores, DEEP_CANDIDATES), (row) => ({ row, score: scores[row]! })).filter(
    ({ score }) => score > -Infinity,
  );
  const { list: arranged } = arrange(table, interest, model, candidates, { count: LIST, ...(list && { list }) });
  const itemOfRow = new Map(Array.from(assembly.rowOfItem, (row, item) => [row, item]));
  return arranged.map(({ candidate }) => itemOfRow.get(candidate.row)!);
}

function datasetOf(world: World, logs: readonly (readonly Answer[])[]): Dataset {
  const all = logs.flat();
  const start = new Uint32Array(logs.length + 1);
  logs.forEach((log, user) => (start[user + 1] = start[user]! + log.length));
  const bit = (type: EventType) => 1 << EVENT_TYPES.indexOf(type);
  const absent = () => new Float32Array(all.length).fill(NaN);
  return {
    name: "simulated",
    users: logs.map((_, user) => `person-${String(user).padStart(5, "0")}`),
    items: world.items,
    timed: true,
    ordered: true,
    events: {
      start,
      item: Uint32Array.from(all, ({ item }) => item),
      at: Float64Array.from(all, ({ at }) => at),
      kinds: Uint16Array.from(all, ({ liked }) => bit(liked ? "like" : "skip")),
      value: absent(),
      dwellMs: absent(),
      fraction: absent(),
    },
  };
}
