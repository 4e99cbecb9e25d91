// Every request of a seeded session on the demo page, whether the page, the SDK's worker, a beacon or the page's service
// worker sent it: what the table of docs/privacy.md lists, and the page's own files.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launchChromium, openDemo, type Demo } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { readPrivacyTable, type Column, type PrivacyTable } from "../harness/privacy-table.ts";
import { startRecordingProxy, type RecordedRequest } from "../harness/recording-proxy.ts";
import { seeded } from "../harness/small-release.ts";
import { expectPlain } from "./requests/expect-plain.ts";
import { stack } from "./stack.ts";

const SEED = Number(process.env["NEARFEED_REQUEST_SEED"] ?? 1);
const ACTIONS = 40;
const PATIENT = { timeout: 20_000 };
const OWN_FILE = "the page's own files";
const GENRES = ["Horror", "Comedy", "Western"];

/** The bundled catalogue is small enough to be on the device. */
const COLUMNS: readonly (readonly ["denied" | "local" | "full", Column])[] = [
  ["denied", "denied"],
  ["local", "local, device"],
  ["full", "full, device"],
];

let table: PrivacyTable;
let own: ReadonlySet<string>;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  table = await readPrivacyTable();
  const names = await readdir(join(ROOT, "dist/site"), { recursive: true });
  // Beside the files, `npm start` tells its own page what it is training.
  own = new Set(["/", "/dev/training", ...names.map((name) => `/${name}`)]);
  browser = await launchChromium();
});
afterAll(() => browser?.close());

describe.concurrent.each(COLUMNS)("on the demo page at %s", (level, column) => {
  test(`a session asks for what the table lists and for the page's own files (seed ${SEED})`, async () => {
    const proxy = await startRecordingProxy(stack.url);
    const kinds = () => [...new Set(proxy.requests.map(kindOf))].sort();
    const demo = await openDemo(browser, proxy.url, (page) =>
      page.addInitScript((chosen) => {
        if (location.protocol !== "about:") localStorage.setItem("nearfeed-demo-consent", chosen);
      }, level),
    );
    try {
      await demo.reach("linear");
      await use(demo, ACTIONS / 2);
      if (level !== "denied") await reloadOffline(demo);
      await use(demo, ACTIONS / 2);
      if (level === "full") await vi.waitFor(() => expect(kinds()).toContain("POST /v1/events"), PATIENT);
      await demo.erase();
      await demo.press("like");
      await demo.page.goto("about:blank");
    } finally {
      await demo.close();
      await proxy.close();
    }
    const allowed = table.rows.filter((row) => row.says(column) === "yes").map(({ request }) => request);
    // What was never uploaded need not be forgotten.
    const expected = allowed.filter((kind) => level === "full" || kind !== "POST /v1/forget");
    expect(kinds()).toEqual([...expected, OWN_FILE].sort());
    for (const request of proxy.requests) {
      if (kindOf(request) === OWN_FILE) expectFetchOnly(request);
      else expectPlain(request, kindOf(request), table);
    }
    // A service worker would be something stored.
    const scripts = proxy.requests.filter(({ path }) => path === "/service-worker.js");
    expect(scripts.length > 0).toBe(level !== "denied");
  });
});

function kindOf(request: RecordedRequest): string {
  const row = table.rows.find((each) => each.matches(request));
  const { method, path } = request;
  return row?.request ?? (method === "GET" && own.has(path) ? OWN_FILE : `${method} ${path}`);
}

/** Files of a page are asked for as browsers do, so that only what could name a person is refused. */
function expectFetchOnly({ path, headers, body }: RecordedRequest): void {
  expect(body, path).toBe("");
  expect([headers.cookie, headers.authorization], path).toEqual([undefined, undefined]);
}

/** Judges films in the middle and on shelves, and takes some back. */
async function use(demo: Demo, actions: number): Promise<void> {
  const random = seeded(SEED);
  let judged = 0;
  for (let i = 0; i < actions; i++) {
    const draw = random();
    if (draw < 0.1 && judged > 0) {
      await demo.press("undo");
      judged--;
    } else if (draw < 0.2) {
      const films = await demo.browse(GENRES[Math.floor(random() * GENRES.length)]!);
      await demo.likeOnShelf(films[Math.floor(random() * films.length)]!);
      judged++;
    } else if (draw < 0.25) {
      await demo.page.click('[data-action="why"]');
      await demo.page.waitForSelector(".terms .sum");
    } else {
      await demo.press(draw < 0.6 ? "like" : draw < 0.9 ? "skip" : "hide");
      judged++;
    }
  }
}

/** The service worker brings the page, the store its films. */
async function reloadOffline(demo: Demo): Promise<void> {
  await demo.installed();
  await demo.context.setOffline(true);
  await demo.page.reload();
  await demo.reach("linear");
  await demo.press("like");
  await demo.context.setOffline(false);
}
