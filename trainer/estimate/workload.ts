/**
 * What people do in a month, and which requests their devices make for it. The rules are the SDK's own: they are named
 * beside each, and a test holds the constants to those of the SDK. What a request costs is `measured.ts`.
 */
import { poolBudget } from "../../shared/choose-cells.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import type { Measured } from "./measured.ts";
import type { Catalogue } from "./catalogue.ts";

/** How candidates are found. */
export const MODES = ["device", "pool", "edge"] as const;
export type Mode = (typeof MODES)[number];

/** What people do. Shares are 0–1. */
export interface Workload {
  /** Who visit within the month. */
  readonly people: number;
  /** Visits of one of them a month, hours apart. */
  readonly sessions: number;
  /** Of a visit: how long the page is seen, cards that are shown, those that are looked at for long, likes. */
  readonly minutes: number;
  readonly cards: number;
  readonly views: number;
  readonly likes: number;
  /** Whose events are sent (consent `full`), and in mode `edge` who may ask with query vectors; the others use pools. */
  readonly full: number;
  /** Of the people, who come for the first time. */
  readonly fresh: number;
  /** New releases a month: each device takes one up at its next visit. */
  readonly releases: number;
  /** Where people are, by the release's regions. */
  readonly regions: number;
}

/** Seconds between two looks at the manifest, while the page is seen (`client-sdk/sync/poll.ts`). */
export const POLL_SECONDS = 15;
/** Events gather for so long before an envelope is sent (`client-sdk/sync/uploads.ts`). */
export const GATHER_SECONDS = 2;

/** Kinds of requests that cost differently. */
export const REQUEST_KINDS = [
  "manifest",
  "manifestUnchanged",
  "start",
  "blob",
  "pool",
  "rows",
  "retrieve",
  "events",
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** Requests of all people together, and what is in them. */
export interface Traffic {
  readonly requests: Readonly<Record<RequestKind, number>>;
  /** Of the bodies of answers that are files of the release, for their sizes are the catalogue's. */
  readonly fileBytes: number;
  /** Events that are sent, by type. */
  readonly events: Readonly<Record<EventKind, number>>;
  /** Of those, what counts towards what trends. */
  readonly engaged: number;
  /** What is counted, once a person, item and day. */
  readonly votes: number;
  readonly regions: number;
}

/** Types of events that scrolling makes. */
export const EVENT_KINDS = ["impression", "view", "skip", "like"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** The traffic of a month. */
export function trafficOf(mode: Mode, workload: Workload, catalogue: Catalogue, measured: Measured): Traffic {
  const { people, full, regions } = workload;
  if (mode === "edge" && full < 1) {
    const part = (share: number, as: Mode) =>
      trafficOf(as, { ...workload, people: people * share, full: as === "edge" ? 1 : 0 }, catalogue, measured);
    return sumOf(part(full, "edge"), part(1 - full, "pool"));
  }
  const visits = people * workload.sessions;
  // Whoever comes for the first time takes up the release as well; nobody takes up one between two visits twice.
  const installs = people * (workload.fresh + Math.min(workload.releases, workload.sessions));
  const { requests, fileBytes } = sumRequests(mode, { workload, catalogue, measured, visits, installs });
  const sent = visits * full;
  const { cards, views, likes } = workload;
  return {
    requests: { ...requests, events: sent * envelopesOf(workload) },
    fileBytes,
    events: { impression: sent * cards, view: sent * views, skip: sent * (cards - views), like: sent * likes },
    engaged: sent * (views + likes),
    votes: sent * Math.max(views, likes),
    regions,
  };
}

/** A card is left when the next one is shown, so that its events gather with that one's. */
function envelopesOf({ minutes, cards, views, likes }: Workload): number {
  const seconds = minutes * 60;
  const events = 2 * cards + likes;
  const moments = seconds / Math.max(cards, 1) >= GATHER_SECONDS ? cards + Math.max(0, likes - views) + 1 : Infinity;
  return Math.min(events, moments, Math.ceil(seconds / GATHER_SECONDS));
}

interface Asked {
  readonly workload: Workload;
  readonly catalogue: Catalogue;
  readonly measured: Measured;
  readonly visits: number;
  readonly installs: number;
}

function sumRequests(mode: Mode, { workload, catalogue, measured, visits, installs }: Asked) {
  const { minutes, likes, fresh, people } = workload;
  const { files, cells, pool } = catalogue;
  const polls = visits * Math.floor((minutes * 60) / POLL_SECONDS);
  // In mode device the start pool is only what the very first list is made of.
  const starts = mode === "device" ? people * fresh : installs;
  const roles = mode === "device" ? files.device : mode === "pool" ? files.pool : files.edge;
  const blobs = installs * roles.blobs;
  // Once a visit, because a pool is old after half a day, and when likes have moved away from it.
  const fetches = visits * (1 + likes * measured.pool.fetchesALike);
  const poolCells = Math.max(1, Math.round(poolBudget(catalogue.items) / (catalogue.items / cells)));
  const cellsAsked = mode === "pool" ? installs * poolCells + fetches * poolCells * measured.pool.shareAFetch : 0;
  // The neighbours of an item are asked for when it is liked.
  const rows = mode === "edge" ? visits * likes : 0;
  const retrieves = mode === "edge" ? installs + fetches : 0;
  return {
    requests: {
      manifest: installs,
      manifestUnchanged: visits + polls - installs,
      start: starts,
      blob: blobs,
      pool: cellsAsked,
      rows,
      retrieve: retrieves,
    },
    fileBytes:
      installs * roles.bytes +
      cellsAsked * pool.bytes +
      rows * catalogue.rows.bytes +
      starts * Math.min(START_COUNT, catalogue.items) * measured.candidates.start +
      retrieves * Math.min(1_000, catalogue.items) * measured.candidates.retrieve,
  };
}

function sumOf(a: Traffic, b: Traffic): Traffic {
  const add = <K extends string>(x: Readonly<Record<K, number>>, y: Readonly<Record<K, number>>) =>
    Object.fromEntries(Object.keys(x).map((key) => [key, x[key as K] + y[key as K]])) as Record<K, number>;
  return {
    requests: add(a.requests, b.requests),
    fileBytes: a.fileBytes + b.fileBytes,
    events: add(a.events, b.events),
    engaged: a.engaged + b.engaged,
    votes: a.votes + b.votes,
    regions: a.regions,
  };
}
