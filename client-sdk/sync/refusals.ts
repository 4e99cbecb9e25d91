/** Remembers a release that was refused, so that polls leave it alone until it may be another, or for a while. */
import { canonicalJson } from "../../shared/canonical-json.ts";
import type { Channel } from "../../shared/channel.ts";
import type { SyncAnswer } from "../messages.ts";

/** Damage that was on the way, not at the edge, is overcome within this time. */
const FIRST_PAUSE_MS = 60_000;
/** Damage that stays costs a page that is left open a download an hour. */
const LONGEST_PAUSE_MS = 3_600_000;

export interface Refusals {
  add(channel: Channel, answer: SyncAnswer): void;
  /** The last answer, where the same state of the channel was refused and it is too early to try again. */
  of(channel: Channel): SyncAnswer | undefined;
}

export function createRefusals(now = () => performance.now()): Refusals {
  let last:
    | { readonly state: string; readonly answer: SyncAnswer; readonly pauseMs: number; readonly at: number }
    | undefined;
  return {
    add(channel, answer) {
      const state = canonicalJson(channel);
      const pauseMs = last?.state === state ? Math.min(2 * last.pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      last = { state, answer, pauseMs, at: now() };
    },
    of(channel) {
      return last?.state === canonicalJson(channel) && now() < last.at + last.pauseMs ? last.answer : undefined;
    },
  };
}
