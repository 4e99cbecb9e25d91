import { afterEach, expect, test } from "vitest";
import type { Visit } from "./hostile/visit.ts";

/** A whole visit, on a machine that may be busy. */
const LIMIT_MS = 60_000;
/** For the first list: the SDK gives up on a worker that is silent. */
const WAIT_MS = 30_000;

const here = (path: string) => new URL(path, import.meta.url).href;
const frames: HTMLIFrameElement[] = [];

afterEach(() => {
  for (const frame of frames.splice(0)) frame.remove();
});

/** Visits a page of its own in which something is broken. @param options as text, for they hold functions */
function visitWhere(broken: string, options: string): Promise<Visit> {
  const frame = document.createElement("iframe");
  frames.push(frame);
  // Not without a size: what is not on the screen is not observed.
  frame.width = frame.height = "300";
  return new Promise((resolve, reject) => {
    Object.assign(window, { visited: resolve, failed: (error: unknown) => reject(new Error(String(error))) });
    document.body.append(frame);
    const page = `<html data-broken="${broken}"><body><script type="module">
      const sabotage = () => import("${here("./hostile/sabotage.ts")}");
      // Making up a release takes hashes.
      const late = ${broken.startsWith("crypto")};
      if (!late) await sabotage();
      const { watchedWorker } = await import("${here("./hostile/uncaught.ts")}");
      const { visit } = await import("${here("./hostile/visit.ts")}");
      if (late) await sabotage();
      visit(${options}, ${WAIT_MS}).then(parent.visited, (error) => parent.failed(error.stack));
    </script></body></html>`;
    const own = frame.contentDocument!;
    // Its address is then the one of this page.
    own.open();
    own.write(page);
    own.close();
  });
}

test("in a frame made of text relative addresses are resolved as fetch does it", { timeout: LIMIT_MS }, async () => {
  const frame = document.createElement("iframe");
  frames.push(frame);
  const outcome = new Promise<string>((resolve) => Object.assign(window, { made: resolve }));
  frame.srcdoc = `<script type="module">
    import { createRecommender } from "${here("../../client-sdk/index.ts")}";
    try {
      createRecommender({ endpoint: "/edge", assets: "./files" });
      parent.made("a recommender");
    } catch (error) {
      parent.made(String(error));
    }
  </script>`;
  document.body.append(frame);
  expect(await outcome).toBe("a recommender");
});

const IN_WORKER = "{ worker: () => watchedWorker() }";
const ON_PAGE = "{ worker: () => { throw new Error('none here'); } }";
const OF_THE_SDK = "{}";

const CASES: readonly (readonly [string, string])[] = [
  ...["", "prototypes", "clutter", "wrappers", "fetch", "performance", "structuredClone", "localStorage"].flatMap(
    (broken) => [[broken, IN_WORKER] as const, [broken, ON_PAGE] as const],
  ),
  ...["sendBeacon", "IntersectionObserver", "crypto", "globalPrivacyControl"].flatMap((broken) => [
    [broken, IN_WORKER] as const,
    [broken, ON_PAGE] as const,
  ]),
  ["Date.now", IN_WORKER],
  ...["indexedDB", "locks", "locks.absent", "locks.request", "BroadcastChannel", "crypto.subtle"].map(
    (broken) => [broken, ON_PAGE] as const,
  ),
  ...["Worker", "Worker.absent", "Worker.throws", "Worker.silent", "trustedTypes"].map(
    (broken) => [broken, OF_THE_SDK] as const,
  ),
];

test.for(CASES)(
  "on a page where %s is broken, with %s, everything works",
  { timeout: LIMIT_MS },
  async ([broken, how]) => {
    const visit = await visitWhere(broken, how);
    expect(visit.uncaught).toEqual([]);
    expect(visit).toMatchObject({ liked: 6, explained: true });
    expect(visit.alike).toBeGreaterThan(8);
    expect(visit.reactions).toBeGreaterThan(0);
    for (const code of visit.codes) expect(["storage", "bad_option"]).toContain(code);
  },
);
