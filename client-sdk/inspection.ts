/**
 * The types of `inspect()`: what the recommender says of itself, for a panel, a bug report or a test. Only shapes; what
 * they are filled with is `engine/inspect.ts`.
 */
import type { EventType } from "../shared/event.ts";
import type { Consent, Floor } from "./types.ts";

/** Where the time of one ranking went, in milliseconds. */
export interface StageTimings {
  /** Reading the profile, and what may not be shown. */
  readonly profileMs: number;
  /** The linear score of every item, and the choice of those that go on. */
  readonly linearMs: number;
  /** Features and both graphs; 0 without the deep floor. */
  readonly deepMs: number;
  /** Variety, mix, caps, exploration and rules. */
  readonly selectMs: number;
}

/** What was checked before a release was taken into use: every file's size and hash, or a signature over all of it too. */
export type Verified = "hash" | "signature";

/** The release in use. */
export interface InspectedRelease {
  readonly id: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Names the embedding space. */
  readonly space: string;
  /** Of the whole catalogue. */
  readonly items: number;
  /** Of all its files, whether they are held or not. */
  readonly bytes: number;
  readonly verified: Verified;
}

/** What the channel said the last time it was asked. */
export interface InspectedChannel {
  readonly name: string;
  /** Grows with every change. */
  readonly sequence: number;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** One event of the log, and what it weighs. */
export interface InspectedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly item: string;
  /** Epoch ms. */
  readonly at: number;
  /** Its evidence; absent where it gives none, was taken back, or another event of its card speaks louder. */
  readonly signal?: {
    /** 1 wanted, 0 not wanted. */
    readonly target: number;
    /** What is left of its weight at the long time scale. */
    readonly taste: number;
    /** The same at the short one. */
    readonly intent: number;
  };
}

/** The recommender at one moment. */
export interface Inspection {
  readonly consent: Consent;
  readonly floor: Floor;
  /** True when the edge could not be reached the last time. */
  readonly offline: boolean;
  /** Where candidates come from just now; `start` is the start pool. */
  readonly retrieval: "start" | "device" | "pool" | "edge";
  /** How many items can be ranked. */
  readonly candidates: number;
  readonly release?: InspectedRelease;
  readonly channel?: InspectedChannel;
  /** The log: all its events, and how many of them are evidence. */
  readonly log: { readonly events: number; readonly signals: number };
  /** Newest first, at most 100. */
  readonly events: readonly InspectedEvent[];
  /** What this origin stores and may store, in bytes; absent where the browser does not say, or nothing may be stored. */
  readonly storage?: { readonly usage: number; readonly quota: number };
}
