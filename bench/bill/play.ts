/**
 * Plays a day: people come at moments of their own, and each visit sends what the SDK would send, one request after the
 * other, against a real edge. It knows the rules of the SDK and nothing of the estimate, which is what it is there to check.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { poolBudget } from "../../shared/choose-cells.ts";
import type { Event } from "../../shared/event.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { RetrieveRequest } from "../../shared/protocol.ts";
import { blobsOf, deviceFiles } from "../../shared/release.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import type { Random } from "../../shared/runtime.ts";
import { seeded } from "../../test/harness/small-release.ts";
import type { SmallRelease } from "../../test/harness/small-release.ts";
import type { Mode, Workload } from "../../trainer/estimate/workload.ts";
import { createScatteredIds, scrollEnvelope, scrollEvent, subjectOfPerson } from "./events.ts";
import type { MeteredEdge } from "./metered-edge.ts";

const POLL_SECONDS = 15;
const GATHER_SECONDS = 2;

export interface Day {
  readonly mode: Mode;
  readonly workload: Workload;
  /** How long the whole day takes here, and each visit of it. */
  readonly seconds: number;
  readonly visitSeconds: number;
  readonly seed: number;
  /** Fetches of a pool after its first, for each like; and what share of its cells one asks for. */
  readonly fetchesALike: number;
  readonly shareAFetch: number;
}

type Send = () => Promise<unknown>;
interface Moment {
  /** Seconds from the beginning of the visit, as the person lives them. */
  readonly at: number;
  readonly send: Send;
}

/**
 * Resolves when the last visit has ended.
 * @returns the seconds it took: more than the day where the machine is busy
 */
export async function playDay(edge: MeteredEdge, small: SmallRelease, day: Day): Promise<number> {
  const { people, sessions, fresh, minutes } = day.workload;
  const random = seeded(day.seed);
  const planned = createVisits(edge, small, day, random);
  const visits = Array.from({ length: people }, (_, person) =>
    Array.from({ length: sessions }, (_each, number) => ({ person, isFirst: number === 0 && person < people * fresh })),
  ).flat();
  const began = performance.now();
  const until = (seconds: number) => sleep(Math.max(0, began + seconds * 1_000 - performance.now()));
  const scale = day.visitSeconds / (minutes * 60);
  await Promise.all(
    visits.map(async (visit) => {
      const start = random() * (day.seconds - day.visitSeconds);
      for (const { at, send } of planned(visit)) {
        await until(start + at * scale);
        await send();
      }
    }),
  );
  await until(day.seconds);
  return (performance.now() - began) / 1_000;
}

function createVisits({ ask }: MeteredEdge, small: SmallRelease, day: Day, random: Random) {
  const { release, ids } = small;
  const { mode, workload } = day;
  const nextId = createScatteredIds(random);
  const get = (path: string) => () => ask("GET", path);
  let etag: string | undefined;
  /** What is due in parts: a fetch for every so many likes. */
  const dues = new Map<string, number>();
  const due = (of: string, more: number) => {
    const whole = (dues.get(of) ?? 0) + more;
    dues.set(of, whole - Math.floor(whole));
    return Math.floor(whole);
  };
  const someCells = (count: number) => {
    const cells = release.costs!.pool.cells;
    return Array.from({ length: count }, () => get(ROUTES.pool(release.id, Math.floor(random() * cells))));
  };
  const poolCells = Math.round(poolBudget(release.items) / (release.items / release.costs!.pool.cells));
  const retrieve = () => {
    const vector = () => Array.from({ length: release.dim }, () => random() - 0.5);
    const items = Array.from({ length: 10 }, () => ids[Math.floor(random() * ids.length)]!);
    const count = Math.min(1_000, release.items);
    const body: RetrieveRequest = { space: release.space, queries: [vector(), vector()], count, items, catalog: true };
    return ask("POST", ROUTES.retrieve(release.id), { body: JSON.stringify(body) });
  };

  return ({ person, isFirst }: { person: number; isFirst: boolean }): Moment[] => {
    const moments: Moment[] = [];
    const at = (seconds: number, ...sends: readonly Send[]) => {
      for (const send of sends) moments.push({ at: seconds, send });
    };
    if (isFirst) {
      at(0, async () => void (etag = (await ask("GET", ROUTES.manifest("stable"))).etag ?? undefined));
      at(0, get(ROUTES.start(release.id, {})));
      const { constants, encoder, ranker, cells } = release.files;
      const whole = deviceFiles(release).filter((file) => file !== cells);
      const beside = [constants, encoder, ranker, mode === "pool" ? cells : undefined];
      const files = mode === "device" ? whole : beside.filter((file) => file !== undefined);
      at(1, ...files.flatMap(blobsOf).map(({ sha256 }) => get(ROUTES.blob(sha256))));
      if (mode === "pool") at(2, ...someCells(poolCells));
      if (mode === "edge") at(2, retrieve);
    } else {
      at(0, () => unchanged());
    }
    for (let second = POLL_SECONDS; second <= workload.minutes * 60; second += POLL_SECONDS)
      at(second, () => unchanged());

    const events: { at: number; event: Event }[] = [];
    const gap = (workload.minutes * 60) / workload.cards;
    const list = nextId();
    const add = (seconds: number, kind: "impression" | "view" | "skip" | "like", position: number, item: string) => {
      const event = scrollEvent(kind, { id: nextId(), item, at: Date.now(), list, position });
      events.push({ at: seconds, event });
    };
    for (let card = 0; card < workload.cards; card++) {
      const item = ids[Math.floor(random() * ids.length)]!;
      // Cards that are looked at for long lie evenly among the others, and the first of those are liked.
      const view = Math.floor(((card + 1) * workload.views) / workload.cards);
      const isViewed = view > Math.floor((card * workload.views) / workload.cards);
      add(card * gap, "impression", card, item);
      if (isViewed && view <= workload.likes) {
        add((card + 1) * gap, "like", card, item);
        if (mode === "edge")
          at((card + 1) * gap, get(ROUTES.rows(release.id, blockOf(item, release.costs!.rows.blocks))));
      }
      add((card + 1) * gap, isViewed ? "view" : "skip", card, item);
    }
    if (mode !== "device") {
      const fetches = 1 + due("fetch", workload.likes * day.fetchesALike);
      for (let n = 0; n < fetches; n++) {
        const second = ((n + 0.5) / fetches) * workload.minutes * 60;
        if (mode === "edge") at(second, retrieve);
        else at(second, ...someCells(due("cells", poolCells * day.shareAFetch)));
      }
    }
    for (const { at: second, events: gathered } of gather(events)) {
      const body = scrollEnvelope(release.id, subjectOfPerson(person), gathered);
      at(second, () => ask("POST", ROUTES.events(), { body, status: 202 }));
    }
    return moments.sort((a, b) => a.at - b.at);
  };

  async function unchanged(): Promise<void> {
    etag ??= (await ask("GET", ROUTES.manifest("stable"))).etag ?? undefined;
    await ask("GET", ROUTES.manifest("stable"), { etag: etag!, status: 304 });
  }
}

/** Envelopes as the SDK sends them: what comes within two seconds of the first event goes with it. */
function gather(events: readonly { at: number; event: Event }[]): { at: number; events: Event[] }[] {
  const envelopes: { at: number; events: Event[] }[] = [];
  for (const { at, event } of [...events].sort((a, b) => a.at - b.at)) {
    const last = envelopes.at(-1);
    if (last !== undefined && at <= last.at) last.events.push(event);
    else envelopes.push({ at: at + GATHER_SECONDS, events: [event] });
  }
  return envelopes;
}
