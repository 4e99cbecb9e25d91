/**
 * Sends events at consent `full`: they wait in the outbox until the edge has answered 202 for them, and the edge counts
 * an id once however often it comes.
 */
import { ENVELOPE_VERSION, EVENT_LIMITS } from "../../shared/event.ts";
import type { Envelope } from "../../shared/event.ts";
import { errorFromBody } from "../../shared/errors.ts";
import { MEDIA_TYPES, ROUTES } from "../../shared/protocol.ts";
import type { EventsAnswer } from "../../shared/protocol.ts";
import { textCodec } from "../runtime.ts";
import type { OutboxEvent } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import { errorOf, parseJson, reach } from "./http.ts";
import type { Send } from "./http.ts";
import { newToken, subjectOf } from "./subject.ts";

/** Events gather for this long: a view, a click and a like go together. */
const GATHER_MS = 2_000;
/** The first wait after a failure; it doubles up to the longest. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 5 * 60_000;

export interface UploadsOptions {
  readonly endpoint: string;
  readonly publicKey: string | null;
  readonly language: string | null;
  readonly region: string | null;
  readonly send: Send;
  readonly store: () => Store | undefined;
  readonly allowed: () => boolean;
  readonly report: (error: unknown) => void;
}

export interface Uploads {
  /** Takes over what an earlier page left. */
  load(): Promise<void>;
  /** The store has them already. */
  add(events: readonly OutboxEvent[]): void;
  /** Sends now what waits, if nothing failed just before. */
  flush(): void;
  /** Forgets what waits, and the id. */
  forget(): void;
}

export function createUploads(options: UploadsOptions): Uploads {
  const { endpoint, publicKey, language, region, send, store, allowed, report } = options;
  let waiting = new Map<string, OutboxEvent>();
  let token: Uint8Array<ArrayBuffer> | undefined;
  let most: number = EVENT_LIMITS.events;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending = false;
  /** Raised by `forget`: what was begun before may neither be sent nor kept. */
  let epoch = 0;

  function plan(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      void run();
    }, ms);
  }

  async function run(): Promise<void> {
    if (sending || !allowed() || waiting.size === 0) return;
    sending = true;
    const wait = await sendOne().catch((error: unknown) => (report(error), backoff(null)));
    sending = false;
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size > 0) plan(wait);
  }

  /** @returns how long to wait before the next one */
  async function sendOne(): Promise<number> {
    const begun = epoch;
    const isOver = () => epoch !== begun || !allowed();
    const batch = nextBatch([...waiting.values()], most);
    const envelope = await envelopeOf(batch, isOver);
    if (!envelope) return 0;
    const body = JSON.stringify(envelope);
    if (textCodec.encode(body).length > EVENT_LIMITS.bodyBytes && batch.length > 1) return halve(batch.length);
    const contentType = MEDIA_TYPES.events;
    const reply = await reach(send, `${endpoint}${ROUTES.events()}`, {
      method: "POST",
      body,
      contentType,
      cache: "no-store",
    });
    if (epoch !== begun) return 0;
    if (reply.status === 413 && batch.length > 1) return halve(batch.length);
    if (reply.status === 202) {
      failures = 0;
      for (const verdict of (parseJson(reply.bytes) as EventsAnswer).verdicts) {
        if (!verdict.accepted) report(errorFromBody({ error: verdict.error }));
      }
    } else if (reply.status !== 413) {
      report(errorOf(reply));
      return backoff(reply.retryAfter);
    }
    // Judged one by one, or too large even alone: either way they are done with.
    await drop(batch);
    return 0;
  }

  /** @returns undefined where it may no longer be sent */
  async function envelopeOf(batch: readonly OutboxEvent[], isOver: () => boolean): Promise<Envelope | undefined> {
    const { release, surface, utcOffsetMinutes } = batch[0]!;
    const own = await secret(isOver);
    const subject = own && (await subjectOf(own));
    if (subject === undefined || isOver()) return undefined;
    return {
      v: ENVELOPE_VERSION,
      key: publicKey!,
      subject,
      release,
      surface,
      ...(language !== null && { language }),
      ...(region !== null && { region }),
      utcOffsetMinutes,
      events: batch.map(({ event }) => event),
    };
  }

  async function secret(isOver: () => boolean): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (token) return token;
    const stored = await store()?.state("token");
    if (isOver()) return undefined;
    token = stored ?? newToken();
    const own = token;
    // Begun in the same turn as the check: what deletes the token comes later, and the store keeps the order.
    if (!stored) await store()?.putState("token", own);
    return own;
  }

  async function drop(batch: readonly OutboxEvent[]): Promise<void> {
    for (const { id } of batch) waiting.delete(id);
    await store()?.dropOutbox(batch.map(({ id }) => id));
  }

  function halve(length: number): number {
    most = Math.max(1, Math.floor(length / 2));
    return 0;
  }

  /** Doubles with every failure, with jitter, so that devices that failed together do not come back together. */
  function backoff(retryAfter: string | null): number {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    return Math.max(wait * (0.5 + Math.random() / 2), Number(retryAfter ?? 0) * 1_000 || 0);
  }

  return {
    async load() {
      const begun = epoch;
      const left = (await store()?.outbox()) ?? [];
      if (epoch !== begun) return;
      waiting = new Map([...left.map((event) => [event.id, event] as const), ...waiting]);
      if (waiting.size > 0) plan(GATHER_MS);
    },
    add(events) {
      for (const event of events) waiting.set(event.id, event);
      if (waiting.size > 0) plan(GATHER_MS);
    },
    flush() {
      if (failures === 0) void run();
    },
    forget() {
      epoch++;
      waiting = new Map();
      token = undefined;
      failures = 0;
      clearTimeout(timer);
      timer = undefined;
    },
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
