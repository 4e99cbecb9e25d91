/**
 * The pool of what is near the person's interests, beside the start pool. It is fetched anew by the rules of
 * `pool-rules.ts`; what is held stays in use meanwhile, and for as long as nothing can be fetched.
 */
import { interestAt } from "../../shared/interest.ts";
import type { Interest } from "../../shared/interest.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { Profile } from "../../shared/profile.ts";
import type { Release } from "../../shared/release.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { Store } from "../storage/store.ts";
import type { Mode } from "../sync/release-in-use.ts";
import type { Send } from "../sync/http.ts";
import { isStale, lastLiked, LEAST_POSITIVES } from "../sync/retrieve.ts";
import { fetchNeighbours } from "../sync/rows.ts";
import type { NeighboursById } from "../sync/rows.ts";
import type { EventLog } from "./event-log.ts";
import type { Held, Items } from "./held.ts";
import type { Hold } from "./holder.ts";
import { alsoLearned, unknownOf, withLearned } from "./learned.ts";
import { partOfEdge, partsByCell, readPart } from "./near-parts.ts";
import type { Part, PartsQuery, PartsSource } from "./near-parts.ts";
import { LARGEST_AGE_MS, reasonToFetch } from "./pool-rules.ts";
import type { PoolAim } from "./pool-rules.ts";
import { uniteItems } from "./unite-items.ts";

export interface NearPoolOptions extends PartsSource {
  readonly now: Clock;
  readonly log: EventLog;
  /** What consent allows just now, and fits. */
  readonly mode: (release: Release) => Mode;
  readonly store: () => Store | undefined;
  readonly held: () => Held | undefined;
  readonly hold: Hold;
  readonly report: (error: unknown) => void;
}

export interface NearPool {
  /** Takes into use what is stored for the release in use. Never rejects. */
  restore(): Promise<void>;
  /** A list was made; where its pool does not serve any more, another is fetched. */
  wanted(): void;
  /** Calls off what is being fetched: what it was chosen by may not be asked with any more. */
  cancel(): void;
  /**
   * What was found is not to be used any more, and neither is an answer under way: the evidence was erased, or consent
   * has changed. Resolves when the start pool is in use again.
   */
  forget(): Promise<void>;
}

/** Parts, and what they were chosen for. */
interface Chosen {
  readonly parts: readonly Part[];
  readonly aim: PoolAim;
}

interface Found extends Chosen {
  /** What is in use: the start pool and the parts, united. */
  readonly items: Items;
  /** What it took the place of. */
  readonly start: Items;
}

/** What is in use, with all that interests are read with. */
type Readable = Held & { readonly model: ScoringModel };

export function createNearPool(options: NearPoolOptions): NearPool {
  const { now, log, mode, store, held, hold, report } = options;
  let found: Found | undefined;
  /** Counts what was forgotten: an answer to what was asked before is not taken. */
  let generation = 0;
  /** What was looked at last. */
  let checked: { readonly items: Items; readonly events: number } | undefined;
  let asking = false;
  /** Of the requests under way. */
  let calls = new AbortController();
  let wantedAgain = false;

  /** Undefined where another release came meanwhile, or the whole catalogue. */
  function inUse(current: Held | undefined): Found | undefined {
    return current && current.items === found?.items ? found : undefined;
  }

  /** Looks whether a pool is due, at the cost of a comparison where nothing has happened since. */
  async function ask(): Promise<void> {
    const current = held();
    const { profile } = log;
    if (!isReadable(current) || !profile || isWhole(current)) return;
    const isOld = found !== undefined && now() - found.aim.at > LARGEST_AGE_MS;
    if (checked?.items === current.items && checked.events === log.events.length && !isOld) return;
    checked = { items: current.items, events: log.events.length };
    if (!isBeside(mode(current.release)) || likedItems(profile) < LEAST_POSITIVES) return;
    const interest = interestAt(profile, current.model, profile.taste.at);
    const aim = { query: queryOf(interest, current.model), at: now(), unseen: unseen(current.items) };
    const before = inUse(current);
    if (!before || reasonToFetch(before.aim, aim)) await renew(current, interest, aim, before);
    await learn(interest);
  }

  /** Asks for the neighbours of liked items that are not known yet: the edge's answers do not carry them. */
  async function learn({ positives }: Interest): Promise<void> {
    const current = held();
    const beside = inUse(current);
    if (!isReadable(current) || !beside || mode(current.release) !== "edge" || !current.release.costs) return;
    const { release, items } = current;
    // What was learnt in an earlier visit is stored with its event.
    const missing = positives.filter(({ signal }) => {
      const entry = log.get(signal.event);
      return entry && entry.known?.release !== release.id;
    });
    const unknown = unknownOf(items, lastLiked({ positives: missing }));
    // Something may have been taken back since.
    if (unknown.length === 0 || !log.profile || likedItems(log.profile) < LEAST_POSITIVES) return;
    const askedIn = generation;
    const neighbours = await fetchNeighbours(callable(), options.endpoint, release, unknown).catch((error: unknown) => {
      if (askedIn === generation) throw error;
    });
    if (neighbours && askedIn === generation) await use(current, beside, alsoLearned(items, neighbours));
  }

  async function renew(current: Readable, interest: Interest, aim: PoolAim, before?: Found): Promise<void> {
    const { release, model } = current;
    const askedIn = generation;
    const stored = await readStored(current);
    const beside = mode(release);
    if (askedIn !== generation || !isBeside(beside)) return;
    // Another tab may have been here before.
    if (stored && stored.aim.at !== before?.aim.at && !reasonToFetch(stored.aim, aim)) return use(current, stored);
    const query = { release, model, interest, unseen };
    const known = before?.parts ?? stored?.parts ?? [];
    const parts = await fetchParts(beside, query, known).catch((error: unknown) => {
      // Nobody waits for what was called off.
      if (askedIn === generation) throw error;
    });
    if (!parts || askedIn !== generation) return;
    if (before && parts === before.parts) found = { ...before, aim };
    else await use(current, { parts, aim });
    if (askedIn !== generation || !found) return;
    const bytes = found.parts.map((part) => ({ cell: part.cell, bytes: part.bytes }));
    await store()?.putState("near", { release: release.id, ...found.aim, parts: bytes });
  }

  async function fetchParts(
    beside: "pool" | "edge",
    query: PartsQuery,
    known: readonly Part[],
  ): Promise<readonly Part[] | undefined> {
    const source = { ...options, send: callable() };
    return beside === "edge" ? [await partOfEdge(source, query)] : partsByCell(source, query, known);
  }

  /** Sends what can be called off. */
  function callable(): Send {
    const { signal } = calls;
    return (url, request) => options.send(url, request, { signal });
  }

  function cancel(): void {
    generation++;
    checked = undefined;
    calls.abort(new Error("called off"));
    calls = new AbortController();
  }

  /** What is stored for the release in use; undefined too where it is damaged, or of another kind than is wanted now. */
  async function readStored({ release, model }: Readable): Promise<Chosen | undefined> {
    const stored = await store()?.state("near");
    if (stored?.release !== release.id) return undefined;
    const { query, at, unseen: then } = stored;
    const isOfEdge = stored.parts.some(({ cell }) => cell === null);
    if (mode(release) !== (isOfEdge ? "edge" : "pool")) return undefined;
    try {
      return { parts: stored.parts.map((part) => readPart(part, release, model)), aim: { query, at, unseen: then } };
    } catch {
      return undefined;
    }
  }

  /** Puts parts beside the start pool of the release that they are of. @param learned default: what was before */
  function use(current: Readable, { parts, aim }: Chosen, learned?: NeighboursById): Promise<void> {
    const askedIn = generation;
    return hold((next) => {
      // Another release came meanwhile, or the whole catalogue.
      if (askedIn !== generation || next?.release.id !== current.release.id || isWhole(next)) return undefined;
      const before = inUse(next);
      const start = before?.start ?? next.items;
      const united = uniteItems([start, ...parts.map((part) => part.items)], current.model.categoryWeight);
      const items = withLearned(united, learned ?? before?.items.learned);
      // What was new in the same parts is what it was.
      const unseenThen = before?.parts === parts ? before.aim.unseen : unseen(items);
      found = { items, start, parts, aim: { ...aim, unseen: unseenThen } };
      return { ...next, items };
    });
  }

  /** Items that the person has not met. */
  function unseen({ table }: Items): number {
    return table.ids.reduce((sum, id) => sum + (log.seen.has(id) ? 0 : 1), 0);
  }

  function wanted(): void {
    wantedAgain = asking;
    if (asking) return;
    asking = true;
    ask()
      .catch((error: unknown) => {
        // The next release is on its way; its pool will be asked for anew.
        if (!isStale(error)) report(error);
      })
      .finally(() => {
        asking = false;
        // What was found may not have been taken, because the items were exchanged meanwhile.
        if (wantedAgain) wanted();
      });
  }

  return {
    async restore() {
      const askedIn = generation;
      const current = held();
      const stored = isReadable(current) ? await readStored(current) : undefined;
      if (!stored || !isReadable(current) || askedIn !== generation) return;
      try {
        await use(current, stored);
      } catch (error) {
        // Damaged on the device: another one is fetched instead.
        await store()?.dropState("near");
        report(error);
      }
    },
    wanted,
    cancel,
    forget() {
      cancel();
      return hold((current) => {
        const start = inUse(current)?.start;
        found = undefined;
        return current && start && { ...current, items: start };
      });
    },
  };
}

function isReadable(held: Held | undefined): held is Readable {
  return held?.model !== undefined;
}

/** Whether every item of the release is here. */
function isWhole({ release, items }: Held): boolean {
  return items.table.columns.size >= release.items;
}

/** Whether a pool lies beside the start pool. */
function isBeside(mode: Mode): mode is "pool" | "edge" {
  return mode === "pool" || mode === "edge";
}

/** The vector part of the linear score, as one query. `[d]` */
function queryOf({ taste, intent }: Interest, { linear }: ScoringModel): Float64Array {
  return taste.mean.map((value, j) => linear.taste * value + linear.intent * intent.mean[j]!);
}

/** How many items stand behind the interests: twenty likes of one film still name it. */
function likedItems({ carried, signals }: Profile): number {
  return new Set([...(carried?.recent ?? []), ...signals].filter(({ target }) => target > 0).map(({ item }) => item))
    .size;
}
