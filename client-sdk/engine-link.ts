/**
 * The page's line to the engine: starts the web worker with the first call, and answers with an error instead of
 * hanging when there is none. Where no worker can be started, the engine runs on the page's thread: slower, not absent.
 */
import { proxy, wrap } from "comlink";
import type { Remote } from "comlink";
import { NearfeedError } from "../shared/errors.ts";
import type { EngineApi, EngineInit, PageHooks } from "./messages.ts";
import { workerUrl } from "./urls.ts";

export interface EngineLink {
  /** Calls reach the engine in order. Rejects with NearfeedError `worker` or `closed`. */
  call<R>(use: (engine: Remote<EngineApi>) => Promise<R>): Promise<R>;
  /** Ends the worker at once. */
  close(): void;
}

/** @param start makes the worker where the app does so itself */
export function createEngineLink(init: EngineInit, page: PageHooks, start?: () => Worker): EngineLink {
  let started: Promise<Remote<EngineApi>> | undefined;
  let stop: (() => void) | undefined;
  let refuse: (reason: NearfeedError) => void;
  let closed = false;
  const ended = new Promise<never>((_, reject) => (refuse = reject));
  // A link that is closed while nobody waits is no unhandled rejection.
  ended.catch(() => {});

  async function open(): Promise<Remote<EngineApi>> {
    const worker = await startWorker(start);
    const engine = worker ? wrap<EngineApi>(worker) : await onPage();
    stop = worker ? () => worker.terminate() : undefined;
    await engine.open(init, proxy(page));
    return engine;
  }

  return {
    async call(use) {
      if (closed) throw new NearfeedError("closed", "The recommender was closed.");
      started ??= open().catch((cause: unknown) => {
        throw cause instanceof NearfeedError ? cause : workerError(cause);
      });
      return Promise.race([started.then(use), ended]).catch((cause: unknown) => {
        throw cause instanceof NearfeedError ? cause : workerError(cause);
      });
    },
    close() {
      closed = true;
      stop?.();
      refuse(new NearfeedError("closed", "The recommender was closed."));
    },
  };
}

/** @returns undefined where no worker can be had; it is ready to take messages otherwise */
async function startWorker(start?: () => Worker): Promise<Worker | undefined> {
  try {
    const worker = start ? start() : typeof Worker === "function" ? defaultWorker() : undefined;
    return worker && (await isAlive(worker)) ? worker : undefined;
  } catch {
    return undefined;
  }
}

function defaultWorker(): Worker {
  const url = workerUrl();
  const options = { type: "module", name: "nearfeed" } as const;
  if (new URL(url).origin === location.origin) return new Worker(url, options);
  // Browsers refuse a worker script of another origin, but not a script of ours that imports it.
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" }));
  return new Worker(script, options);
}

/** The worker greets with one message once its script runs; a script that cannot be loaded is an `error` event. */
function isAlive(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.addEventListener("message", () => resolve(true), { once: true });
    worker.addEventListener("error", () => resolve(false), { once: true });
  });
}

async function onPage(): Promise<Remote<EngineApi>> {
  if (typeof document === "undefined") throw new NearfeedError("worker", "There is no page here to run the engine on.");
  const module = (await import(/* @vite-ignore */ workerUrl())) as { serve(port: MessagePort): void };
  const { port1, port2 } = new MessageChannel();
  module.serve(port2);
  return wrap<EngineApi>(port1);
}

function workerError(cause: unknown): NearfeedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NearfeedError("worker", `The engine could not be reached: ${reason}`, {
    cause,
    hint: `${workerUrl()} must be served (a bundler may not copy it), and a content security policy must allow it as worker-src.`,
  });
}
