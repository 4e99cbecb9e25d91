/** What the recommender holds and runs on at one moment, put together for people who look into it. Changes nothing. */
import type { Channel } from "../../shared/channel.ts";
import { weightsAt } from "../../shared/posterior.ts";
import { deviceFiles } from "../../shared/release.ts";
import { byTimeAndId } from "../../shared/signals.ts";
import type { InspectedEvent, Inspection } from "../inspection.ts";
import type { ConsentLevel } from "./consent-level.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import { floorOf } from "./holder.ts";

/** Events that are listed. */
const EVENTS = 100;

export interface Inspected {
  readonly held: Held | undefined;
  readonly log: EventLog;
  readonly level: ConsentLevel;
  readonly channel: Channel | undefined;
  readonly offline: boolean;
}

/** @param now epoch ms */
export async function inspect({ held, log, level, channel, offline }: Inspected, now: number): Promise<Inspection> {
  const storage = level.store && (await storageUse());
  return {
    consent: level.current,
    floor: floorOf(held),
    offline,
    retrieval: held ? level.mode(held.release) : "start",
    candidates: held?.items.table.columns.size ?? 0,
    ...(held && { release: releaseOf(held) }),
    ...(channel && {
      channel: { name: channel.channel, sequence: channel.sequence, expiresAt: channel.expiresAt },
    }),
    log: { events: log.events.length, signals: log.profile?.signals.length ?? 0 },
    events: lastEvents(held, log, now),
    ...(storage && { storage }),
  };
}

function releaseOf({ release, origin }: Held): NonNullable<Inspection["release"]> {
  const { id, createdAt, space, items } = release;
  const bytes = deviceFiles(release).reduce((sum, file) => sum + file.bytes, 0);
  return { id, createdAt, space, items, bytes, verified: origin.verified };
}

function lastEvents(held: Held | undefined, log: EventLog, now: number): InspectedEvent[] {
  const signals = log.profile?.signals ?? [];
  const at = Math.max(now, signals.at(-1)?.at ?? 0);
  const scales = held?.model?.profile;
  const [taste, intent] = [scales?.taste, scales?.intent].map((scale) => scale && weightsAt(signals, scale, at));
  const evidence = new Map(
    signals.map((signal, i) => [
      signal.event,
      { target: signal.target, taste: taste?.[i] ?? 0, intent: intent?.[i] ?? 0 },
    ]),
  );
  return [...log.events]
    .sort((a, b) => byTimeAndId(b.event, a.event))
    .slice(0, EVENTS)
    .map(({ event }) => {
      const signal = evidence.get(event.id);
      return { id: event.id, type: event.type, item: event.item, at: event.at, ...(signal && { signal }) };
    });
}

/** Undefined where the browser does not say: over plain http, or where it has no such interface. */
async function storageUse(): Promise<Inspection["storage"]> {
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  if (estimate?.usage === undefined || estimate.quota === undefined) return undefined;
  return { usage: estimate.usage, quota: estimate.quota };
}
