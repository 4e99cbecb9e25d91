/** Collects what nobody caught, on this page and in the workers it starts. */

/** What nobody caught so far. */
export const uncaught: string[] = [];

function noted(event: ErrorEvent | PromiseRejectionEvent): void {
  const reason: unknown = "reason" in event ? event.reason : (event.error ?? event.message);
  uncaught.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
}

/** Starts listening, with nothing collected. @returns ends it */
export function listen(): () => void {
  uncaught.length = 0;
  addEventListener("error", noted);
  addEventListener("unhandledrejection", noted);
  return () => {
    removeEventListener("error", noted);
    removeEventListener("unhandledrejection", noted);
  };
}

/** Resolves when what happened until now would have been collected: a message of a worker, and a turn of the page. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** A worker that tells what nobody caught there. @param broken words of `sabotage.ts` */
export function watchedWorker(broken: readonly string[] = []): Worker {
  const url = new URL("./watched-worker.ts", import.meta.url).href;
  const worker = new Worker(`${url}?broken=${broken}`, { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<{ uncaught?: unknown } | null>) => {
    if (typeof data?.uncaught === "string") uncaught.push(data.uncaught);
  });
  worker.addEventListener("error", ({ message }) => uncaught.push(message));
  return worker;
}
