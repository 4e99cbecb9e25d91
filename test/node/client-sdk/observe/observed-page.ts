/** Serves the page of cards (page.ts) and opens it in Chromium; what it told is read from outside. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import type { Drawn, ObservedPage, Told } from "./page.ts";
import { findChromium } from "../../../harness/chromium.ts";

export type { Drawn, Told };

/** A machine that is busy otherwise is slow. */
const LIMIT_MS = 30_000;

const SWIPE_STEPS = 6;

declare global {
  // Of the page: functions given to `evaluate` are compiled here and run there.
  var observed: ObservedPage;
}

export interface Cards {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
  /** What was told so far, in order; of one card where it is named. */
  told(item?: string): Promise<Told[]>;
  /** Resolves once something like this was told. */
  until(type: string, item: string): Promise<Told>;
  /** Resolves when the page's clock has gone on by this long. */
  stay(ms: number): Promise<void>;
  /** What the twin saw. */
  drawn(): Promise<Map<string, Drawn>>;
  /** Turns the wheel, and waits until the page has come to rest. */
  wheel(y: number, x?: number): Promise<void>;
  /** Draws a finger over the screen and lets go. */
  swipe(y: number): Promise<void>;
}

export interface CardServer {
  /** Query of the page: how many cards, in which style. */
  open(query?: Record<string, string>): Promise<Cards>;
  readonly browser: Browser;
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveCards(): Promise<CardServer> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const page = request.url?.startsWith("/cards")
      ? `<!doctype html><title>cards</title><style>body{margin:0}</style><body><script type=module>${script}</script>`
      : "<!doctype html><title>elsewhere</title>";
    response.writeHead(200, { "Content-Type": "text/html" }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { executablePath, args, env } = await findChromium();
  const browser = await chromium.launch({ executablePath, args: [...args], env });
  return {
    browser,
    origin,
    async open(query = {}) {
      const context = await browser.newContext({ viewport: { width: 800, height: 800 }, hasTouch: true });
      context.setDefaultTimeout(LIMIT_MS);
      const page = await context.newPage();
      await page.goto(`${origin}/cards?${new URLSearchParams(query)}`);
      await page.mouse.move(400, 400);
      return cardsOf(page, await context.newCDPSession(page));
    },
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

function cardsOf(page: Page, cdp: CDPSession): Cards {
  const read = (): Told[] => JSON.parse(sessionStorage.getItem("told") ?? "[]") as Told[];
  const told = async (item?: string) => {
    const all = await page.evaluate(read);
    return item === undefined ? all : all.filter((each) => each.item === item);
  };
  return {
    page,
    context: page.context(),
    cdp,
    told,
    async until(type, item) {
      await page.waitForFunction(
        ([kind, id]) =>
          (JSON.parse(sessionStorage.getItem("told") ?? "[]") as Told[]).some(
            (each) => each.type === kind && each.item === id,
          ),
        [type, item] as const,
      );
      return (await told(item)).findLast((each) => each.type === type)!;
    },
    async stay(ms) {
      const until = (await page.evaluate(() => performance.now())) + ms;
      await page.waitForFunction((end) => performance.now() >= end, until);
    },
    async drawn() {
      return new Map(await page.evaluate(() => [...observed.drawn]));
    },
    async swipe(y) {
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: { x: number; y: number }[]) =>
        cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
      const from = y < 0 ? 700 : 100;
      await touch("touchStart", [{ x: 400, y: from }]);
      for (let i = 1; i <= SWIPE_STEPS; i++) await touch("touchMove", [{ x: 400, y: from + (y * i) / SWIPE_STEPS }]);
      await touch("touchEnd", []);
    },
    async wheel(y, x = 0) {
      await page.mouse.wheel(x, y);
      await page.evaluate(async () => {
        const place = () => `${scrollX} ${scrollY} ${document.querySelector("main")!.scrollLeft}`;
        let last = "";
        // Two frames without a move; the frame after, the observer was told.
        while (last !== place()) {
          last = place();
          for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
        }
      });
    },
  };
}

async function bundle(): Promise<string> {
  const entry = join(import.meta.dirname, "page.ts");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false });
  return outputFiles[0]!.text;
}
