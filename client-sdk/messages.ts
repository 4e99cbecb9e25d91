/**
 * What the page's thread and the engine in the web worker say to each other, through comlink. Types only.
 *
 * The engine never throws across: a failure is data, because an error that is cloned loses its code.
 */
import type { ErrorBody } from "../shared/errors.ts";
import type { EnvelopeHead } from "../shared/event.ts";
import type { Moved } from "../shared/rules.ts";
import type { Source } from "../shared/sources.ts";
import type { Inspection, StageTimings } from "./inspection.ts";
import type { Adjustments } from "./storage/schema.ts";
import type {
  Consent,
  EraseResult,
  Explanation,
  Floor,
  Notices,
  ProfileExport,
  ProfileSummary,
  Query,
  Retrieval,
} from "./types.ts";

/** A `NearfeedError` as data. */
export type PlainError = ErrorBody["error"];

/** What the engine is started with. */
export interface EngineInit {
  /** Absolute, without a slash at the end. */
  readonly endpoint: string;
  readonly publicKey: string | null;
  readonly consent: Consent;
  /** The browser allows less than the app asked for: what is left of the higher level is deleted. */
  readonly capped: boolean;
  readonly channel: string;
  readonly language: string | null;
  readonly region: string | null;
  readonly namespace: string;
  readonly retrieval: Retrieval;
  /** Null: signatures are not checked. */
  readonly verifyKey: string | null;
  /** Where the built `worker.js`, `ort.js`, `ed25519.js` and the wasm of onnxruntime-web lie, absolute. */
  readonly workerUrl: string;
  readonly ortUrl: string;
  readonly ed25519Url: string;
  readonly wasmUrl: string;
  /** True where requests go through the page's `fetch`. */
  readonly pageFetch: boolean;
}

/** When and where a list is made, by the page's clock. */
export interface PageMoment {
  /** Epoch ms. */
  readonly now: number;
  readonly utcOffsetMinutes: number;
  /** Names the list or feed: what is drawn for it is drawn by this name. */
  readonly draw: string;
}

/** How selection came to put an entry where it is. */
export interface HowSelected {
  readonly sources: readonly Source[];
  /** Drawn in an exploration slot. */
  readonly explored: boolean;
  /** How likely selection was to put it there. */
  readonly propensity: number;
  /** What an operator's rule did to it. */
  readonly moved?: Moved;
  /** Its place by score alone, from 0. */
  readonly byScore: number;
}

/**
 * How an entry got its score and its place; the page keeps it so that impressions can tell and the engine can explain.
 */
export interface Trace extends HowSelected {
  readonly item: string;
  /** Names the selection policy. */
  readonly policy: string;
  readonly floor: Floor;
  /** Counts the exchanges of the items in use and of the log: what another edition ranked can no longer be recomputed. */
  readonly edition: number;
  /** How many events the log held. */
  readonly events: number;
  /** Epoch ms as of which the profile was read. */
  readonly now: number;
  readonly personalized: boolean;
  /** What the person had set by hand. */
  readonly adjustments: Adjustments;
  /** The item that a list of similar ones is of. */
  readonly about?: string;
  readonly deep: number;
}

/** One ranked item, not yet at a position. */
export interface RankedEntry extends HowSelected {
  readonly id: string;
  /** The catalogue's entry, as parsed JSON. */
  readonly item: object;
  readonly score: number;
  /** Σ ω r of the deep ranker. */
  readonly deep: number;
}

/** A ranking, with what a list says about itself. */
export interface Ranked {
  readonly entries: readonly RankedEntry[];
  readonly floor: Floor;
  readonly offline: boolean;
  readonly release: string;
  /** Names the selection policy. */
  readonly policy: string;
  readonly edition: number;
  /** How many items were scored. */
  readonly ranked: number;
  /** Absent where nothing was ranked, or the app's own candidates. */
  readonly stages?: StageTimings;
  readonly events: number;
  /** Epoch ms as of which the profile was read. */
  readonly now: number;
  readonly personalized: boolean;
  /** What the person had set by hand. */
  readonly adjustments: Adjustments;
  /** The item that a list of similar ones is of. */
  readonly about?: string;
  readonly error?: PlainError;
}

/** A new tail of a feed. */
export interface FeedUpdate extends Ranked {
  readonly feed: number;
  /** The last batch that this ranking knows. */
  readonly seq: number;
}

/** An event before it is parsed, and where it happened. An undo lacks the item: the engine's log knows it. */
export interface TrackedEvent {
  readonly event: Readonly<Record<string, unknown>>;
  readonly surface: string;
  /** The release of the list; null where the event names no list. */
  readonly release: string | null;
}

/** A change of what a feed has pinned: the first `keep` stay, then `add` follow. `length`: entries wanted at least. */
export interface FeedChange {
  readonly feed: number;
  readonly keep: number;
  readonly add: readonly string[];
  readonly length: number;
}

/** Everything that happened on the page within one turn. */
export interface Batch {
  readonly seq: number;
  readonly events: readonly TrackedEvent[];
  readonly changes: readonly FeedChange[];
  readonly utcOffsetMinutes: number;
}

export interface SyncAnswer {
  readonly status: "updated" | "unchanged" | "offline" | "refused";
  readonly release: string | null;
  readonly error?: PlainError;
}

export interface ImportAnswer {
  readonly status: "imported" | "refused";
  readonly events: number;
  readonly error?: PlainError;
}

/** An HTTP request and its answer, reduced to what the engine uses. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly body?: string;
  readonly contentType?: string;
  /** How many events of the person the body holds. */
  readonly events?: number;
  readonly cache: RequestCache;
  /** Asks for the body from this byte on; the answer may hold all of it (200) all the same. */
  readonly from?: number;
}

/** Gets the body of a good answer as it arrives. */
export type Take = (status: number, chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>;

export interface HttpReply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Who sends events, and where to: what every envelope of this device begins with. */
export interface Sender {
  readonly url: string;
  readonly head: Pick<EnvelopeHead, "v" | "key" | "subject" | "language" | "region">;
}

/** What the engine calls on the page. */
export interface PageHooks {
  feed(update: FeedUpdate): void;
  release(notice: Notices["release"]): void;
  error(error: PlainError): void;
  /** The data were erased by another tab: feeds start over. */
  erased(): void;
  /** The person has lowered their consent in another tab. */
  lowered(consent: Consent): void;
  /** How this page may send events by itself when it goes; null where it may not, or no longer. */
  sender(sender: Sender | null): void;
  /** The edge has judged these events, or they were refused here: the page holds them no longer. */
  settled(ids: readonly string[]): void;
  sent(notice: Notices["sent"]): void;
  fetch(url: string, request: HttpRequest, take?: Take): Promise<HttpReply>;
}

/** What the page calls on the engine. */
export interface EngineApi {
  open(init: EngineInit, page: PageHooks): void;
  /** Resolves when the engine answers at all. */
  ping(): void;
  recommend(query: Query, moment: PageMoment): Promise<Ranked>;
  /** Orders given items. */
  rank(ids: readonly string[], query: Query, moment: PageMoment): Promise<Ranked>;
  /** Items like one. */
  similar(id: string, query: Query, moment: PageMoment): Promise<Ranked>;
  openFeed(feed: number, query: Query, moment: PageMoment): void;
  closeFeed(feed: number): void;
  track(batch: Batch): void;
  explain(item: string, trace: Trace): Promise<Explanation<object> | null>;
  profile(now: number): Promise<ProfileSummary>;
  inspect(now: number): Promise<Inspection>;
  /** Both are checked here. */
  adjust(category: unknown, x: unknown): void;
  exportProfile(now: number): Promise<ProfileExport>;
  importProfile(data: unknown): Promise<ImportAnswer>;
  setConsent(consent: Consent): Promise<void>;
  sync(): Promise<SyncAnswer>;
  /** @param seq rankings of earlier batches are no longer wanted */
  erase(seq: number): Promise<EraseResult>;
  /** Whether anybody sees the page: a hidden one does not poll, and sends what is unsent. */
  visible(visible: boolean): void;
  close(): Promise<void>;
}
