/** Drives the demo page in Chromium the way a person does: by its buttons. It reads what is on the screen. */
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { parseEvent, type Event } from "../../shared/event.ts";
import { findChromium } from "./chromium.ts";

/** How long the page may take for anything; the promises themselves are asserted by the tests. */
const LIMIT_MS = 60_000;
/** And for a model that is still being trained. */
const DEEP_LIMIT_MS = 900_000;
/** Likes and undos until the catalogue must have come. */
const MOST_TRIES = 100;

export interface Demo {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page's console or scripts. */
  readonly complaints: readonly string[];
  /** Waits until the page is ranked by this floor, or a higher one. */
  reach(floor: "linear" | "deep"): Promise<void>;
  /** Waits until lists are made of the whole catalogue: until then they are made of the start pool. */
  catalogued(items: number): Promise<void>;
  release(): Promise<string>;
  /** The id of the film in the middle. */
  current(): Promise<string>;
  /** The ids of "Up next", in order, all twenty. */
  queue(): Promise<string[]>;
  /** Brings the panel and the genres into sight. */
  reveal(): Promise<void>;
  /** Presses a button of the film in the middle and waits for the new order. @returns the reaction time the page shows */
  press(action: "like" | "skip" | "hide" | "undo"): Promise<number>;
  /** Opens the shelf of a genre. @returns the ids of its films */
  browse(genre: string): Promise<string[]>;
  /** Likes a film of the open shelf and waits for the new order. */
  likeOnShelf(id: string): Promise<void>;
  /** Waits until the page could be reloaded without a network. */
  installed(): Promise<void>;
  consent(level: "denied" | "local" | "full"): Promise<void>;
  erase(): Promise<void>;
  /** The events that the browser's database holds, oldest first. */
  storedEvents(): Promise<Event[]>;
  /** Names of the databases and caches, and the keys of localStorage. */
  stored(): Promise<{ databases: string[]; caches: string[]; keys: string[] }>;
  close(): Promise<void>;
}

/** Chromium, found as all tests find it. */
export async function launchChromium(): Promise<Browser> {
  const { executablePath, args, env } = await findChromium();
  return chromium.launch({ executablePath, args: [...args], env });
}

/** Opens the page as somebody who was never there. Resolves when films are shown. */
export async function openDemo(
  browser: Browser,
  url: string,
  prepare?: (page: Page) => Promise<unknown>,
  options?: BrowserContextOptions,
): Promise<Demo> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    timezoneId: "UTC",
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await prepare?.(page);
  await page.goto(url);
  await page.waitForSelector(".card.current");
  await page.waitForSelector("#queue .row", { state: "attached" });

  /** Runs something that the page reacts to, and waits until it has. */
  async function reactionTo(act: () => Promise<void>): Promise<number> {
    const before = await page.getAttribute("#reaction", "data-event");
    await act();
    await page.waitForFunction(
      (last) => document.querySelector<HTMLElement>("#reaction")!.dataset["event"] !== last,
      before ?? undefined,
    );
    // The rows are drawn in the same turn; one frame more, and nothing of it is left to come.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    return Number(await page.getAttribute("#reaction", "data-ms"));
  }

  /** On a narrow screen everything but the film is in a sheet that comes up. */
  async function reveal(): Promise<void> {
    const handle = page.locator("#sheet-handle");
    if ((await handle.isVisible()) && (await handle.getAttribute("aria-expanded")) === "false") await handle.click();
  }

  const press: Demo["press"] = (action) => reactionTo(() => page.click(`#actions [data-action="${action}"]`));

  return {
    page,
    context,
    complaints,
    async reach(floor) {
      const enough = floor === "deep" ? ["deep"] : ["linear", "deep"];
      await page.waitForFunction((floors) => floors.includes(document.documentElement.dataset["floor"] ?? ""), enough, {
        timeout: DEEP_LIMIT_MS,
      });
    },
    async catalogued(items) {
      const ranked = async () => Number(await page.getAttribute("#reaction", "data-ranked"));
      for (let tries = 0; (await ranked()) < items; tries++) {
        if (tries === MOST_TRIES) throw new Error(`Lists are made of ${await ranked()} films, not of ${items}.`);
        await press("like");
        await press("undo");
      }
    },
    release: async () => (await page.getAttribute("html", "data-release")) ?? "",
    current: async () => (await page.getAttribute(".card.current", "data-item")) ?? "",
    async queue() {
      const more = page.locator("#queue-more");
      if ((await more.isVisible()) && (await more.getAttribute("aria-expanded")) === "false") await more.click();
      return page.$$eval("#queue .row", (rows) => rows.map((row) => (row as HTMLElement).dataset["item"]!));
    },
    press,
    reveal,
    async browse(genre) {
      await reveal();
      const chip = page.locator(`.chip[data-genre="${genre}"]`);
      if ((await chip.getAttribute("aria-pressed")) === "true") await chip.click();
      await chip.click();
      await page.waitForSelector(`#shelf[data-genre="${genre}"]`);
      return page.$$eval("#shelf .shelf-row", (rows) => rows.map((row) => (row as HTMLElement).dataset["item"]!));
    },
    async likeOnShelf(id) {
      await reactionTo(() => page.click(`#shelf [data-item="${id}"] [data-action="like"]`));
    },
    async installed() {
      await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
    },
    async consent(level) {
      await page.check(`input[name="consent"][value="${level}"]`);
      await page.waitForSelector(`html[data-consent="${level}"]`);
    },
    async erase() {
      await page.click('[data-action="erase"]');
      await page.click('[data-action="erase"].armed');
      await page.waitForSelector("#reaction", { state: "hidden" });
      await page.waitForSelector('[data-action="erase"]:not([disabled])');
    },
    async storedEvents() {
      const rows = await page.evaluate(readEvents);
      return rows.map((row) => parseEvent(row)).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    },
    stored: () =>
      page.evaluate(async () => ({
        databases: (await indexedDB.databases()).map(({ name }) => name ?? ""),
        caches: await caches.keys(),
        keys: Object.keys(localStorage),
      })),
    close: () => context.close(),
  };
}

/** Runs in the page: the events of the only database, as plain JSON. */
async function readEvents(): Promise<unknown[]> {
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error!));
    });
  const [{ name }] = (await indexedDB.databases()) as [{ name: string }];
  const database = await result(indexedDB.open(name));
  const rows: { event: unknown }[] = await result(database.transaction("events").objectStore("events").getAll());
  database.close();
  return rows.map(({ event }) => event);
}
