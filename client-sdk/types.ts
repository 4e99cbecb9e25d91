/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The types of the public API: what an app passes to the recommender and what it gets back.
 *
 * Only shapes. What crosses to the web worker is `messages.ts`; events, items and errors are those of `shared/`.
 */
import type { NearfeedError } from "../shared/errors.ts";
import type { Event, EventType } from "../shared/event.ts";
import type { Term } from "../shared/explain.ts";
import type { Filter } from "../shared/filter.ts";
import type { Item } from "../shared/item.ts";
import type { Moved } from "../shared/rules.ts";
import type { Signal } from "../shared/signals.ts";
import type { Source } from "../shared/sources.ts";
import type { Inspection, StageTimings, Verified } from "./inspection.ts";

/**
 * What may be kept and sent.
 *
 * - `denied`: memory only, for this page's life; nothing stored, nothing sent but public requests.
 * - `local`: events, profile and release are stored on the device; no event and no id leaves it. Where the catalogue is retrieved
 *   by `pool`, as it is above 10 MB, the numbers of the cells that are fetched do.
 * - `full`: events are also sent, under a random id. Global Privacy Control caps this at `local`.
 */
export type Consent = "denied" | "local" | "full";

/** What ranked a list: the start pool as it came, the linear scorer, or the linear scorer with the deep ranker. */
export type Floor = "start" | "linear" | "deep";

/**
 * Where candidates come from.
 *
 * - `device`: the whole catalogue is on the device.
 * - `pool`: the device picks the interest cells nearest to the profile and fetches their items.
 * - `edge`: the edge is asked with query vectors; only at consent `full`, elsewhere it is read as `auto`.
 * - `auto`: `device` where the catalogue is at most 10 MB, else `pool` at `local` and `edge` at `full`.
 *
 * At `denied` it is always the start pool. With `pool` and `edge` it is the start pool too until 20 items were liked:
 * fewer could be told from what is asked for.
 *
 * A release says in the manifest what each costs (`costs`): the bytes of the whole catalogue, which `auto` decides by, of a
 * pool file and how many cells there are, and of an answer of the edge.
 */
export type Retrieval = "auto" | "device" | "pool" | "edge";

export interface Options {
  /** Where the edge answers; relative URLs are resolved against the page. */
  endpoint: string | URL;
  /** What the edge expects as `key` of an envelope; needed at consent `full`. */
  publicKey?: string;
  /** Default `denied`. */
  consent?: Consent;
  /** Default `stable`. */
  channel?: string;
  /** One of the release's languages: lists hold items of it, and items without one. */
  language?: string;
  /** One of the release's regions; items that name regions must name this one. */
  region?: string;
  /** Keeps the data of several accounts on one device apart. Default `default`. */
  namespace?: string;
  /** Default `auto`. */
  retrieval?: Retrieval;
  /**
   * The publisher's public key, as `nearfeed keygen` prints it: 32 bytes as base64url. Then nothing is taken from the edge
   * that is not signed by that key, has expired, or is older than what this device has seen.
   */
  verifyKey?: string;
  /** URL of the folder that holds `worker.js`, `ort.js`, `ed25519.js` and `ort-wasm-simd-threaded.wasm`, where they are not beside the SDK. */
  assets?: string;
  /** URL of the folder that holds `ort-wasm-simd-threaded.wasm`, where it is not with the others. */
  wasmPaths?: string;
  /** Starts the web worker, where a bundler needs to see that itself. */
  worker?: () => Worker;
  /** Epoch ms. Default `Date.now`. */
  now?: () => number;
  /** In [0, 1). Default `Math.random`; ids of events are drawn from it, secrets never. */
  random?: () => number;
  /** Default: the worker's own `fetch`. A function given here runs on the page's thread. */
  fetch?: typeof fetch;
}

/** One place of a list. */
export interface Entry<T = Item> {
  /** The item's id. */
  readonly id: string;
  readonly item: T;
  /** The id of the list. */
  readonly list: string;
  /** From 0. */
  readonly position: number;
  readonly score: number;
  /** Why it was a candidate. */
  readonly sources: readonly Source[];
  /** True where it is shown to learn whether it is liked. */
  readonly explored?: boolean;
  /** What a rule of the people who run the app did to it. */
  readonly moved?: Moved;
}

/** What to recommend. */
export interface Query {
  /** Where the list is shown: `home`, `sidebar`, … */
  surface: string;
  /** Entries wanted; of a feed: beyond the pinned ones. Default 20, at most 200. */
  count?: number;
  /** 0 is the order of the scores, 1 takes variety wherever it can; the release's default where absent. */
  diversity?: number;
  /** Which items may be on the list at all. */
  filter?: Filter;
  /** Ids of items that must not appear. */
  exclude?: readonly string[];
  /** False: the list of somebody of whom nothing is known. Items already seen stay away all the same. */
  personalized?: boolean;
}

export interface ListOptions {
  /** Ends the wait: the list is `failed`, with an error of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** An ordered list of items. */
export interface List<T = Item> {
  readonly id: string;
  readonly entries: readonly Entry<T>[];
  /** `partial`: fewer entries than wanted; `empty`: none, and nothing is wrong; `failed`: none, see `error`. */
  readonly status: "ready" | "partial" | "empty" | "failed";
  /** What ranked it. */
  readonly floor: Floor;
  /** True when the edge could not be reached the last time. */
  readonly offline: boolean;
  /** Why there is less than was wanted, or nothing. */
  readonly error?: NearfeedError;
}

/** A feed at one moment. Entries before `pinned` never move. */
export type FeedSnapshot<T = Item> = List<T> & { readonly pinned: number };

/**
 * A live list: re-ranked after every event. Acting on an entry, or an impression of it, pins it and all before it; `count`
 * entries follow the pinned ones. An undo also takes back what its event pinned.
 */
export interface Feed<T = Item> extends Disposable {
  /** The same object until something changed, as `useSyncExternalStore` needs it. */
  getSnapshot(): FeedSnapshot<T>;
  /** @returns ends the subscription */
  subscribe(listener: () => void): () => void;
  /** Makes the feed longer, by `count` of the query where absent. Resolves when it is. */
  more(count?: number): Promise<void>;
}

/** An object without a field. */
export type NoDetails = Record<string, never>;

/** What comes with an event of each kind. */
export interface EventDetails {
  impression: { policy?: string; explored?: boolean; propensity?: number };
  view: { dwellMs: number; fraction?: number };
  click: NoDetails;
  like: NoDetails;
  dislike: NoDetails;
  skip: { dwellMs?: number; fraction?: number };
  hide: NoDetails;
  share: NoDetails;
  save: NoDetails;
  purchase: { value: number };
  rating: { value: number };
}

/** The kinds of events that `track` takes; `undo` has a method of its own. */
export type TrackedType = Exclude<EventType, "undo">;

/** The details argument of `track`: required where the kind has a required field. */
export type DetailsArgument<K extends TrackedType> = NoDetails extends EventDetails[K]
  ? [details?: EventDetails[K]]
  : [details: EventDetails[K]];

/** Why an entry has its score. */
export interface Explanation<T = Item> {
  /** The sum of the terms. */
  readonly score: number;
  /** Largest magnitude first. Events and items are given by id; an event may be in the log no longer. */
  readonly terms: readonly Term[];
  /** The items that the largest terms name, by id, where the device has them. */
  readonly items: Readonly<Record<string, T>>;
  /** Standard deviation of what is known of the person's interest in the item, in units of the score's target. */
  readonly uncertainty: number;
  /**
   * True: `score` is the entry's own. False: its release is gone from memory, or the log is another one since an import or
   * an erasure, and this is the item's score now.
   */
  readonly current: boolean;
  /** The main reason in one plain English sentence. Text, not HTML: titles stand in it as they are. */
  readonly sentence: string;
  /** What put the entry on its place besides its score. */
  readonly selection: Selection;
}

/** How selection came to put an entry on its place. */
export interface Selection {
  /** Names the policy and its settings. */
  readonly policy: string;
  /** The place that the score alone would have given it, from 0. */
  readonly byScore: number;
  /** Drawn in an exploration slot. */
  readonly explored: boolean;
  /** How likely it was to be put there, given what stands before it; 1 where nothing was drawn. */
  readonly propensity: number;
  readonly moved?: Moved;
}

/** One bar of the profile. */
export interface CategoryInterest {
  readonly name: string;
  /** How many items of the table have it. */
  readonly items: number;
  /** Mean of the category's long-term score over the mean of all items, in standard deviations of the items' scores. */
  readonly taste: number;
  /** The same at the short time scale. */
  readonly intent: number;
}

/** A positive event that still counts. */
export interface RecentPositive {
  readonly event: string;
  readonly item: string;
  /** Epoch ms. */
  readonly at: number;
  /** What is left of its weight at the long time scale, 0–1. */
  readonly weight: number;
}

export interface ProfileSummary {
  /** Events in the log, undone ones included. */
  readonly events: number;
  /** Pieces of evidence in favour of an item, those included whose events are no longer in the log. */
  readonly positives: number;
  /** All categories, strongest taste first. */
  readonly categories: readonly CategoryInterest[];
  /** Newest first. */
  readonly recent: readonly RecentPositive[];
  /** What was set by `adjust`: category → x, without zeros. */
  readonly adjustments: Readonly<Record<string, number>>;
}

/** Something that happened with an item whose events are no longer in the log. */
export interface ProfileMark {
  readonly item: string;
  /** Epoch ms of the last such event. */
  readonly at: number;
}

/** Everything the device remembers of a person but what is about sending, as plain JSON. */
export interface ProfileExport {
  readonly format: "nearfeed-profile";
  readonly version: 2;
  /** Epoch ms. */
  readonly exportedAt: number;
  /** The log by time, each event with what was known of its item. */
  readonly events: readonly { readonly event: Event; readonly known?: ExportedKnown }[];
  /** Items of events that are no longer in the log. */
  readonly seen: readonly ProfileMark[];
  /** Of these, the items that were hidden. */
  readonly banned: readonly ProfileMark[];
  /** Category → x. */
  readonly adjustments: Readonly<Record<string, number>>;
  /** What is left of signals whose events are no longer in the log. */
  readonly carried?: ExportedCarried;
}

/** Sums over signals whose events are no longer in the log, as of the last of them. */
export interface ExportedCarried {
  readonly version: 1;
  /** Names the embedding space of the sums. */
  readonly space: string;
  /** Epoch ms of the last signal. */
  readonly at: number;
  /** Epoch ms. What happened until then and is not in the log counts as part of the sums. */
  readonly until: number;
  /** At the long and at the short time scale. */
  readonly taste: ExportedSums;
  readonly intent: ExportedSums;
  readonly signals: number;
  /** How many of them are in favour of an item. */
  readonly positives: number;
  /** Names with their sums for the content term and for the person's shares. */
  readonly categories: readonly (readonly [name: string, content: number, share: number])[];
  readonly authors: readonly (readonly [author: number, content: number])[];
  /** Those of the signals that are still looked at one by one. */
  readonly recent: readonly ExportedSignal[];
}

export interface ExportedSignal {
  readonly signal: Signal;
  /** How many of the sums' signals came after it and are in favour of an item. */
  readonly positivesAfter: number;
  readonly known: ExportedKnown;
}

export interface ExportedSums {
  /** Σ w v vᵀ: the lower triangle row by row. Base64 of float64, little-endian. */
  readonly scatter: string;
  /** Σ w y v. Base64 of float64. */
  readonly pull: string;
  /** Σ w. */
  readonly weight: number;
}

/** What was known of an item when something happened to it; the profile is rebuilt from it. */
export interface ExportedKnown {
  /** Names the embedding space of the vector. */
  readonly space: string;
  readonly release?: string;
  /** Base64 of float32, little-endian. */
  readonly vector: string;
  readonly categories: readonly string[];
  /** Names the author within a space, 0 for none. */
  readonly author: number;
  readonly neighbours: readonly (readonly [item: string, weight: number])[];
}

export interface ImportResult {
  /** `refused`: what was given is no exported profile of a version this SDK reads; nothing has changed. */
  readonly status: "imported" | "refused";
  /** Events that were new here. */
  readonly events: number;
  readonly error?: NearfeedError;
}

/** What is known of the person. */
export interface Profile {
  get(): Promise<ProfileSummary>;
  /**
   * Raises or lowers all items of a category by hand, in every list from now on and on every tab. It is no event: nothing
   * fades, and 0 takes it back.
   *
   * @param x in [−1, 1]
   */
  adjust(category: string, x: number): void;
  /** @returns undefined where the worker is gone */
  export(): Promise<ProfileExport | undefined>;
  /**
   * Adds an exported profile to this one: events by their ids, so that none counts twice; what was seen or hidden there is
   * seen or hidden here; its adjustments win. Imported events are not uploaded.
   *
   * Only one side can bring sums of earlier events: this profile where it has any, else the file, where the release in use
   * can read them. Events of the other side that may be in the sums are taken as counted and go, also this profile's own:
   * those up to the end of the sums, of items that were seen on the side of the sums.
   */
  import(data: unknown): Promise<ImportResult>;
}

export interface SyncResult {
  /** `refused`: what the edge has is damaged or of another version; the release in use stays. */
  readonly status: "updated" | "unchanged" | "offline" | "refused";
  /** The release in use. */
  readonly release: string | null;
  readonly error?: NearfeedError;
}

export interface EraseResult {
  /** `failed`: the databases could not be deleted; memory is empty all the same. */
  readonly local: "erased" | "failed";
  /**
   * What was uploaded: `sent`, the edge has taken the request, and deletes it within a day; `pending`, it could not be asked yet
   * and will be at every visit until it has taken it; `none`, nothing was ever uploaded under an id that this device still has.
   */
  readonly remote: "sent" | "pending" | "none";
}

/** What `on` reports. */
export interface Notices {
  /** An event has changed a feed, and its subscribers have been called. */
  reaction: {
    /** The event's id. */
    readonly event: string;
    readonly type: EventType;
    /** From the call of `track` or `undo` to the call of the subscribers. */
    readonly ms: number;
    readonly floor: Floor;
    /** How many items were scored. */
    readonly ranked: number;
    /** Where the worker's part of it went; absent where nothing was ranked. */
    readonly stages?: StageTimings;
  };
  /** A release was taken into use, or its deep ranker became ready. */
  release: {
    readonly release: string;
    readonly previous: string | null;
    readonly floor: Floor;
    /** Of its files that were fetched in this visit so far; 0 where the device had them all. */
    readonly bytes: number;
    readonly verified: Verified;
    /** For how long lists had to wait: decoding what had come, and taking it into use. Fetching and loading go on beside them. */
    readonly swapMs: number;
  };
  /**
   * Everything of the person is about to be deleted, by this page or another tab, and feeds start over. What is tracked in
   * a listener is deleted with the rest.
   */
  erased: Record<string, never>;
  /** A request has left for the edge; these are all there are. */
  sent: {
    /** As it was sent, query included. */
    readonly url: string;
    readonly method: "GET" | "POST";
    /** Of the body. */
    readonly bytes: number;
    /** How many events of the person it holds. */
    readonly events: number;
  };
  /** The level of consent has fallen without this page asking for it: by another tab, or by Global Privacy Control. */
  consent: { readonly consent: Consent };
  /** Something went wrong that was survived. */
  error: NearfeedError;
}

export interface Recommender<T = Item> extends AsyncDisposable {
  /** The level that holds now. */
  readonly consent: Consent;
  /** What is known of the person, and how they change it. */
  readonly profile: Profile;
  /** Always resolves; an aborted or failed list says so. */
  recommend(query: Query, options?: ListOptions): Promise<List<T>>;
  /** Opens a live list; end it by `[Symbol.dispose]()` when it is off the screen. */
  feed(query: Query): Feed<T>;
  /**
   * Orders the app's own candidates, seen ones included, by their scores and nothing else. `count` is all of them where
   * absent; ids that the device knows nothing of are left out, and the list is `partial`.
   */
  rank(ids: readonly string[], query: Query, options?: ListOptions): Promise<List<T>>;
  /** Items like one, most alike first; seen ones stay away. Surface `similar` where absent. */
  similar(id: string, query?: Partial<Query>, options?: ListOptions): Promise<List<T>>;
  /**
   * Says what the person did with an entry, or with an item by its id. Every feed is ranked anew.
   *
   * @returns the event's id, for `undo`
   */
  track<K extends TrackedType>(type: K, on: Entry<T> | string, ...details: DetailsArgument<K>): string;
  /** Takes an event back, as if it had never been. */
  undo(eventId: string): void;
  /**
   * Tells impressions, views and skips of an entry by itself, from what is on the screen. Observing an element again, with
   * the entry of a newer snapshot, goes on where it was.
   *
   * @returns ends it
   */
  observe(element: Element, entry: Entry<T>): () => void;
  /**
   * Says why an entry is where it is.
   *
   * @returns undefined where the item is unknown by now or the worker is gone
   */
  explain(entry: Entry<T>): Promise<Explanation<T> | undefined>;
  /** What the recommender holds and runs on just now. @returns undefined where the worker is gone */
  inspect(): Promise<Inspection | undefined>;
  /** Changes the level at once; a lower one deletes what it may not hold. Resolves when that is done. */
  setConsent(consent: Consent): Promise<void>;
  /**
   * Calls the listener for every notice of a kind.
   *
   * @returns ends the subscription
   */
  on<K extends keyof Notices>(kind: K, listener: (notice: Notices[K]) => void): () => void;
  /** Looks for a new release now. */
  sync(): Promise<SyncResult>;
  /** Deletes everything of the person on this device: databases, memory, unsent events and ids. */
  erase(): Promise<EraseResult>;
  /** Ends the worker. Data stay. */
  close(): Promise<void>;
}
