/**
 * Has the edge delete what was uploaded under a subject. The token is kept until the edge has confirmed, and sent at every
 * visit until then, whatever the consent of that visit: asking for it was the person's own wish.
 */
import { toBase64url } from "../../shared/base64url.ts";
import { MEDIA_TYPES, ROUTES } from "../../shared/protocol.ts";
import type { ForgetRequest } from "../../shared/protocol.ts";
import { inTime } from "../in-time.ts";
import type { ErasureStore } from "../storage/erasure-store.ts";
import type { EraseResult } from "../types.ts";
import { errorOf, reach } from "./http.ts";
import type { Send } from "./http.ts";

type Token = Uint8Array<ArrayBuffer>;

/** A person who erases waits for this answer; the request itself goes on. */
const ANSWER_LIMIT_MS = 5_000;

export interface ErasuresOptions {
  readonly endpoint: string;
  readonly send: Send;
  readonly store: ErasureStore;
  readonly report: (error: unknown) => void;
}

export interface Erasures {
  /** True while the edge is known not to have confirmed all. */
  readonly pending: boolean;
  /** Keeps the token until the edge has confirmed. To be called before anything else is deleted. */
  keep(token: Token): Promise<void>;
  /** Asks the edge for everything that is kept, of earlier visits too. */
  send(): Promise<EraseResult["remote"]>;
}

export function createErasures({ endpoint, send, store, report }: ErasuresOptions): Erasures {
  /** Those that could not be stored; they live as long as the page. */
  let inMemory: Token[] = [];
  let running: Promise<EraseResult["remote"]> | undefined;
  let pending = false;

  async function sendAll(): Promise<EraseResult["remote"]> {
    const tokens = [...(await store.tokens()), ...inMemory];
    if (tokens.length === 0) return "none";
    const confirmed = await Promise.all(tokens.map((token) => sendOne(token).catch((error: unknown) => report(error))));
    return confirmed.every((each) => each === true) ? "sent" : "pending";
  }

  async function sendOne(token: Token): Promise<true> {
    const body = JSON.stringify({ token: toBase64url(token) } satisfies ForgetRequest);
    const contentType = MEDIA_TYPES.events;
    const request = { method: "POST", body, contentType, cache: "no-store" } as const;
    const reply = await reach(send, `${endpoint}${ROUTES.forget()}`, request);
    if (reply.status !== 202) throw errorOf(reply);
    inMemory = inMemory.filter((each) => each !== token);
    await store.remove(token);
    return true;
  }

  return {
    get pending() {
      return pending;
    },
    async keep(token) {
      pending = true;
      if (!(await store.add(token))) inMemory.push(token);
    },
    async send() {
      let result: EraseResult["remote"] = "pending";
      // One that runs already may not know of the newest token.
      running = (running ?? Promise.resolve()).then(sendAll);
      const done = running.then((answer) => {
        result = answer;
        pending = answer === "pending";
      });
      await inTime(done, ANSWER_LIMIT_MS).catch(report);
      return result;
    },
  };
}
