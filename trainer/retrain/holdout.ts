/**
 * The events on which two releases are compared: what people of the event log liked last, cut at one moment for everybody.
 * The new release learns from what came before that moment; the active one was made before it.
 *
 * What they liked of what a list had just shown them is left out: the release that made the list had put it first, and would win
 * whatever the other is worth. That is another question (`shown-gate.ts`).
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import { eventsFrom } from "../split/split-at.ts";
import type { TargetRange } from "../split/split.ts";

export interface Holdout {
  /** Epoch ms of its first event. */
  readonly from: number;
  /** What comes from then on, of those who liked something. */
  readonly ranges: readonly TargetRange[];
  /** 1 for the events that are to be guessed, by position in the dataset. */
  readonly targets: Uint8Array;
  readonly count: number;
}

/** Of what was liked, or shown, since the active release was made. The rest is what the new one is there to learn from. */
export const HOLDOUT_SHARE = 0.2;

/** Intervals are made by drawing people: of fewer they say nothing. */
export const LEAST_PEOPLE = 10;

/** More targets make the interval narrower than any difference that matters, and take minutes. */
const MOST_TARGETS = 20_000;

export interface HoldoutOptions {
  /** Whose events count: those of the event log. */
  readonly people: ReadonlySet<string>;
  /** The active release has learnt from events before it alone. Epoch ms. */
  readonly since: number;
  /** 1 for events by which something was taken that a list had shown. `[events]` */
  readonly inLists?: Uint8Array;
}

/**
 * A person's first like of an item is a target; a click, a view and a like of it are one.
 *
 * @throws NearfeedError `no_data` where too few people have liked something since that no list had shown them
 */
export function chooseHoldout(
  dataset: Dataset,
  signals: EventSignals,
  { people, since, inLists }: HoldoutOptions,
): Holdout {
  const { at } = dataset.events;
  const likes = firstLikes(dataset, signals, people, inLists).filter(({ event }) => at[event] >= since);
  likes.sort((a, b) => at[b.event] - at[a.event] || b.event - a.event);
  const users = new Set<number>();
  let taken = 0;
  while (taken < likes.length && (taken < HOLDOUT_SHARE * likes.length || users.size < LEAST_PEOPLE))
    users.add(likes[taken++].user);
  if (users.size < LEAST_PEOPLE) {
    throw new NearfeedError(
      "no_data",
      `Two releases cannot be compared yet: ${users.size} people of the log have liked something by themselves since ${new Date(since).toISOString()}, ${LEAST_PEOPLE} are needed`,
      { hint: "Run the command again when more events have come." },
    );
  }
  return firstLikesFrom(dataset, signals, people, at[likes[taken - 1].event], inLists);
}

/**
 * What people liked for the first time from a moment on.
 *
 * @param people those whose events count
 * @param from epoch ms
 * @param inLists as `HoldoutOptions.inLists`
 */
export function firstLikesFrom(
  dataset: Dataset,
  signals: EventSignals,
  people: ReadonlySet<string>,
  from: number,
  inLists?: Uint8Array,
): Holdout {
  const { at } = dataset.events;
  const held = firstLikes(dataset, signals, people, inLists).filter(({ event }) => at[event] >= from);
  const every = Math.max(1, Math.ceil(held.length / MOST_TARGETS));
  const targets = new Uint8Array(at.length);
  let count = 0;
  for (let i = 0; i < held.length; i += every, count++) targets[held[i].event] = 1;
  const hasLiked = new Set(held.map(({ user }) => user));
  return { from, ranges: eventsFrom(dataset, from).filter(({ user }) => hasLiked.has(user)), targets, count };
}

function firstLikes(
  { users, events }: Dataset,
  { target, confidence }: EventSignals,
  people: ReadonlySet<string>,
  inLists: Uint8Array | undefined,
): { user: number; event: number }[] {
  return users.flatMap((name, user) => {
    if (!people.has(name)) return [];
    const liked = new Set<number>();
    const firsts: { user: number; event: number }[] = [];
    for (let event = events.start[user]; event < events.start[user + 1]; event++) {
      if (!(target[event] * confidence[event] > 0) || liked.has(events.item[event])) continue;
      liked.add(events.item[event]);
      if (inLists?.[event] !== 1) firsts.push({ user, event });
    }
    return firsts;
  });
}
