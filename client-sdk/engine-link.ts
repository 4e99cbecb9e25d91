/**
 * The page's line to the engine: starts the web worker with the first call, and answers with an error instead of
 * hanging when there is none. Where no worker can be started, the engine runs on the page's thread: slower, not absent.
 * What could not be loaded at all is asked for again by the line itself, whatever is called meanwhile.
 */
import { proxy, wrap } from "comlink";
import type { Remote } from "comlink";
import { NearfeedError } from "../shared/errors.ts";
import { asNew } from "./as-new.ts";
import type { EngineApi, EngineInit, PageHooks } from "./messages.ts";
import { reasonOf } from "./plain-error.ts";
import { startWorker } from "./start-worker.ts";
import { waitAfter } from "./wait-after.ts";

export interface EngineLink {
  /** Calls reach the engine in order. Rejects with NearfeedError `worker` or `closed`. */
  call<R>(use: (engine: Remote<EngineApi>) => Promise<R>): Promise<R>;
  /** Whether there is an engine, or one is coming. */
  readonly started: boolean;
  /** Ends the worker at once. */
  close(): void;
}

export interface EngineLinkOptions {
  /** Read when an engine starts. */
  readonly init: () => EngineInit;
  readonly page: PageHooks;
  /** Makes the worker where the app does so itself. */
  readonly start?: () => Worker;
  /** An engine is there after all, which knows nothing of what was called before. What it is told now it hears first. */
  readonly onLate?: (engine: Remote<EngineApi>) => void;
}

export function createEngineLink({ init, page, start, onLate }: EngineLinkOptions): EngineLink {
  let started: Promise<Remote<EngineApi>> | undefined;
  let stop: (() => void) | undefined;
  let closed = false;
  let failures = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  /** Who waits for an answer. Not a race against one promise: that would hold every answer for as long as the page lives. */
  const waiting = new Set<(reason: NearfeedError) => void>();

  async function open(): Promise<Remote<EngineApi>> {
    const { workerUrl } = init();
    const worker = await startWorker(workerUrl, start);
    const engine = worker ? wrap<EngineApi>(worker) : await onPage(asNew(workerUrl, failures));
    stop = worker ? () => worker.terminate() : undefined;
    // It came up too late: nobody else would end it.
    if (closed) {
      stop?.();
      throw isClosed();
    }
    // As it is by now: a script that loads slowly takes seconds.
    await engine.open(init(), proxy(page));
    if (failures > 0) onLate?.(engine);
    return engine;
  }

  function begin(): Promise<Remote<EngineApi>> {
    again = undefined;
    const opening = (started = open());
    opening.catch(() => {
      stop?.();
      const wait = waitAfter(failures++);
      // On a server there is never an engine.
      if (!closed && typeof document === "object") again = setTimeout(begin, wait);
    });
    return opening;
  }

  function failed(cause: unknown): NearfeedError {
    return cause instanceof NearfeedError ? cause : workerError(init().workerUrl, cause);
  }

  return {
    get started() {
      return started !== undefined && again === undefined;
    },
    async call(use) {
      if (closed) throw isClosed();
      const answer = (started ?? begin()).then(use);
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        answer.then(resolve, (cause: unknown) => reject(failed(cause))).finally(() => waiting.delete(reject));
      });
    },
    close() {
      closed = true;
      clearTimeout(again);
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
