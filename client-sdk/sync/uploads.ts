/**
 * Sends events at consent `full`: those of every tab, also of tabs that are gone. They wait in the store's outbox until
 * the edge has answered 202 for them, and the edge counts an id once however often it comes.
 */
import { ENVELOPE_VERSION, EVENT_LIMITS } from "../../shared/event.ts";
import type { Envelope } from "../../shared/event.ts";
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import { MEDIA_TYPES, ROUTES } from "../../shared/protocol.ts";
import type { EventsAnswer } from "../../shared/protocol.ts";
import type { Random } from "../../shared/runtime.ts";
import type { EngineInit, Sender } from "../messages.ts";
import { textCodec } from "../runtime.ts";
import { overflow } from "../storage/outbox-cap.ts";
import type { OutboxEvent } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import { createBackoff } from "./backoff.ts";
import { errorOf, parseJson, reach } from "./http.ts";
import type { Send } from "./http.ts";
import type { Identity } from "./identity.ts";

/** Events gather for this long: a view, a click and a like go together. */
export const GATHER_MS = 2_000;
/** Weeks of a heavy user offline; at 500 bytes an event these are 5 MB. */
export const MAX_WAITING = 10_000;

/** Of the engine's options: what an envelope says about its sender. */
export type SenderOptions = Pick<EngineInit, "endpoint" | "publicKey" | "language" | "region">;

export interface UploadsOptions extends SenderOptions {
  readonly send: Send;
  readonly store: () => Store | undefined;
  readonly identity: Pick<Identity, "subject">;
  /** Whether events may leave the device, and this tab is the one that sends them. */
  readonly allowed: () => boolean;
  readonly random: Random;
  /** The edge has judged these: nobody needs to send them any more. */
  readonly done: (ids: readonly string[]) => void;
  readonly report: (error: unknown) => void;
}

export interface Uploads {
  /** Something may wait in the store; `unstored` is what that could not take, and waits here. */
  wake(unstored?: readonly OutboxEvent[]): void;
  /** Sends now what waits, if nothing failed just before. */
  flush(): void;
  /** The edge can be reached again: what failed before is tried now. */
  reachable(): void;
  /** Forgets what waits here and calls off what is under way. */
  forget(): void;
  /** Sends nothing any more. */
  stop(): void;
}

export function createUploads(options: UploadsOptions): Uploads {
  const { send, store, identity, allowed, random, done, report } = options;
  const backoff = createBackoff(random);
  let unstored: OutboxEvent[] = [];
  let most: number = EVENT_LIMITS.events;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: AbortController | undefined;
  let stopped = false;
  /** Asked for while something was under way. */
  let again = false;
  /** Raised by `forget`: what was begun before may not be sent. */
  let epoch = 0;
  let overflowed = false;

  function plan(ms: number): void {
    if (!stopped) timer ??= setTimeout(run, ms);
  }

  function run(): void {
    clearTimeout(timer);
    timer = undefined;
    again = sending !== undefined;
    if (again || stopped || !allowed()) return;
    sending = new AbortController();
    const begun = epoch;
    void sendOne(sending.signal)
      .catch((error: unknown) => {
        if (epoch !== begun) return 0;
        report(error);
        return backoff.failed(null);
      })
      .then((wait) => {
        sending = undefined;
        if (wait !== undefined || again) plan(wait ?? 0);
      });
  }

  /** @returns how long to wait before the next one; undefined where nothing waits */
  async function sendOne(signal: AbortSignal): Promise<number | undefined> {
    const begun = epoch;
    const isOver = () => epoch !== begun || !allowed();
    const waiting = await oldest();
    const batch = nextBatch(waiting, most);
    if (batch.length === 0 || isOver()) return undefined;
    const subject = await identity.subject();
    if (subject === undefined || isOver()) return undefined;
    const { url, head } = senderOf(options, subject);
    const { release, surface, utcOffsetMinutes } = batch[0]!;
    const events = batch.map(({ event }) => event);
    const body = JSON.stringify({ ...head, release, surface, utcOffsetMinutes, events } satisfies Envelope);
    if (textCodec.encode(body).length > EVENT_LIMITS.bodyBytes && batch.length > 1) return halve(batch.length);
    const contentType = MEDIA_TYPES.events;
    const request = { method: "POST", body, contentType, cache: "no-store", events: batch.length } as const;
    const reply = await reach(send, url, request, { signal });
    if (epoch !== begun) return 0;
    if (reply.status === 413 && batch.length > 1) return halve(batch.length);
    if (reply.status === 202) {
      backoff.succeeded();
      for (const verdict of (parseJson(reply.bytes) as EventsAnswer).verdicts) {
        if (!verdict.accepted) report(errorFromBody({ error: verdict.error }));
      }
    } else if (reply.status !== 413) {
      report(errorOf(reply));
      return backoff.failed(reply.retryAfter);
    }
    // Judged one by one, or too large even alone: either way they are done with.
    await drop(batch);
    return 0;
  }

  async function oldest(): Promise<OutboxEvent[]> {
    const dropped = (await store()?.capOutbox(MAX_WAITING)) ?? 0;
    const over = new Set(overflow(unstored, MAX_WAITING));
    unstored = unstored.filter((event) => !over.has(event));
    reportOverflow(dropped + over.size);
    return [...((await store()?.outbox(EVENT_LIMITS.events)) ?? []), ...unstored];
  }

  /** Once, until there is room again. */
  function reportOverflow(dropped: number): void {
    if (dropped > 0 && !overflowed) {
      const what = `${MAX_WAITING} events wait to be sent; the oldest ${dropped} beyond them were dropped.`;
      report(
        new NearfeedError("outbox_full", what, { hint: "They stay in the profile. Has the edge been away for long?" }),
      );
    }
    overflowed = dropped > 0;
  }

  async function drop(batch: readonly OutboxEvent[]): Promise<void> {
    const ids = batch.map(({ id }) => id);
    const gone = new Set(ids);
    unstored = unstored.filter(({ id }) => !gone.has(id));
    await store()?.dropOutbox(ids);
    done(ids);
  }

  function halve(length: number): number {
    most = Math.max(1, Math.floor(length / 2));
    return 0;
  }

  return {
    wake(more = []) {
      unstored.push(...more);
      if (allowed()) plan(GATHER_MS);
    },
    flush() {
      if (!backoff.waiting) run();
    },
    reachable() {
      backoff.succeeded();
      run();
    },
    forget() {
      epoch++;
      unstored = [];
      backoff.succeeded();
      sending?.abort();
      clearTimeout(timer);
      timer = undefined;
    },
    stop() {
      stopped = true;
      epoch++;
      sending?.abort();
      clearTimeout(timer);
    },
  };
}

/** Where envelopes go, and what each begins with. */
export function senderOf({ endpoint, publicKey, language, region }: SenderOptions, subject: string): Sender {
  const place = { ...(language !== null && { language }), ...(region !== null && { region }) };
  return {
    url: `${endpoint}${ROUTES.events()}`,
    head: { v: ENVELOPE_VERSION, key: publicKey!, subject, ...place },
  };
}

/** The oldest event and those after it that fit into one envelope with it. */
function nextBatch(waiting: readonly OutboxEvent[], most: number): OutboxEvent[] {
  const [first] = waiting;
  const together = (event: OutboxEvent) =>
    event.release === first!.release &&
    event.surface === first!.surface &&
    event.utcOffsetMinutes === first!.utcOffsetMinutes;
  return waiting.filter(together).slice(0, most);
}
