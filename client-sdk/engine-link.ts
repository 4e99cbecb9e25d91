/**
 * The page's line to the engine: starts the web worker with the first call, and answers with an error instead of
 * hanging when there is none. Where no worker can be started, the engine runs on the page's thread: slower, not absent.
 */
import { proxy, wrap } from "comlink";
import type { Remote } from "comlink";
import { NearfeedError } from "../shared/errors.ts";
import { asNew } from "./as-new.ts";
import type { EngineApi, EngineInit, PageHooks } from "./messages.ts";
import { reasonOf } from "./plain-error.ts";
import { startWorker } from "./start-worker.ts";

/**
 * A connection may have been gone for a moment: what could not be loaded is asked for again, but not with every call, for a policy that
 * forbids it would report each.
 */
export const AGAIN_MS = 5_000;

export interface EngineLink {
  /** Calls reach the engine in order. Rejects with NearfeedError `worker` or `closed`. */
  call<R>(use: (engine: Remote<EngineApi>) => Promise<R>): Promise<R>;
  /** Whether anything was called: without it there is no engine. */
  readonly started: boolean;
  /** Ends the worker at once. */
  close(): void;
}

/** @param start makes the worker where the app does so itself */
export function createEngineLink(init: EngineInit, page: PageHooks, start?: () => Worker): EngineLink {
  let started: Promise<Remote<EngineApi>> | undefined;
  let stop: (() => void) | undefined;
  let closed = false;
  let attempts = 0;
  /** On the page's monotonic clock; ms */
  let failedAt = Infinity;
  /** Who waits for an answer. Not a race against one promise: that would hold every answer for as long as the page lives. */
  const waiting = new Set<(reason: NearfeedError) => void>();

  async function open(): Promise<Remote<EngineApi>> {
    failedAt = Infinity;
    const worker = await startWorker(init.workerUrl, start);
    const engine = worker ? wrap<EngineApi>(worker) : await onPage(asNew(init.workerUrl, attempts++));
    stop = worker ? () => worker.terminate() : undefined;
    // It came up too late: nobody else would end it.
    if (closed) {
      stop?.();
      throw isClosed();
    }
    await engine.open(init, proxy(page));
    return engine;
  }

  function opened(): Promise<Remote<EngineApi>> {
    if (started && performance.now() < failedAt + AGAIN_MS) return started;
    started = open();
    started.catch(() => {
      failedAt = performance.now();
      stop?.();
    });
    return started;
  }

  function failed(cause: unknown): NearfeedError {
    return cause instanceof NearfeedError ? cause : workerError(init.workerUrl, cause);
  }

  return {
    get started() {
      return started !== undefined;
    },
    async call(use) {
      if (closed) throw isClosed();
      const answer = opened().then(use);
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        answer.then(resolve, (cause: unknown) => reject(failed(cause))).finally(() => waiting.delete(reject));
      });
    },
    close() {
      closed = true;
      stop?.();
      for (const refuse of waiting) refuse(isClosed());
      waiting.clear();
    },
  };
}

function isClosed(): NearfeedError {
  return new NearfeedError("closed", "The recommender was closed.");
}

async function onPage(url: string): Promise<Remote<EngineApi>> {
  if (typeof document === "undefined") throw new NearfeedError("worker", "There is no page here to run the engine on.");
  const module = (await import(/* @vite-ignore */ url)) as { serve(port: MessagePort): void };
  const { port1, port2 } = new MessageChannel();
  module.serve(port2);
  return wrap<EngineApi>(port1);
}

function workerError(url: string, cause: unknown): NearfeedError {
  const reason = reasonOf(cause);
  if (cause instanceof DOMException && cause.name === "DataCloneError") {
    return new NearfeedError("bad_option", `What was asked cannot be passed to a worker: ${reason}`, {
      cause,
      hint: "Queries are plain data: no functions, no DOM nodes, no reactive proxies.",
    });
  }
  return new NearfeedError("worker", `The engine could not be reached: ${reason}`, {
    cause,
    hint: `${url} must be served; where a bundler did not copy it, name its folder by the option assets. A content security policy must allow it as worker-src.`,
  });
}
