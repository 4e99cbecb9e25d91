// Every state of the demo page: it says what it should, on a phone and on a desk, in both themes, and axe finds nothing.
// The pictures lie in node_modules/.cache/nearfeed-screens, for people to look at.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../harness/dev-stack.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { activate, stack } from "./stack.ts";

const { url, releases } = stack;
const FOLDER = join(ROOT, "node_modules/.cache/nearfeed-screens");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const SCHEMES = ["light", "dark"] as const;
const PATIENT = { timeout: 30_000 };

/** What has to stand on the page, and where, before it is looked at. */
const STATES: Readonly<Record<string, readonly (readonly [selector: string, text: RegExp])[]>> = {
  training: [["#notice", /^A better model is in training · about 1 min 25 s left$/]],
  skeleton: [["#hint", /^Choosing films …$/]],
  cold: [
    ["#hint", /^Nothing known about you$/],
    ["#taste-none", /^Nothing known about you\.$/],
  ],
  warm: [
    ["#taste", /Sci-Fi/],
    ["#why .sentence", /^Because you liked /],
  ],
  offline: [
    ["#notice", /^Offline\. Ranking goes on/],
    ["#taste", /Sci-Fi/],
  ],
  linear: [["#notice", /^The deep ranker does not run here\. The linear one goes on\.$/]],
  "no-storage": [["#notice", /^This browser stores nothing\. It works for this visit\.$/]],
  empty: [["#hint", /^No film matches this filter\.$/]],
  refused: [["#notice", /^A damaged release was refused\. The one before goes on\.$/]],
  erased: [
    ["#hint", /^Nothing known about you$/],
    ["#taste-none", /^Nothing known about you\.$/],
  ],
};
/** Those in which a film is on the screen. */
const WITHOUT_FILM = ["skeleton", "empty"];

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  await activate(releases.deep);
  browser = await launchChromium();
});
afterAll(() => browser?.close());

async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary: string }[] }[] }> };
    };
    const { violations: found } = await axe.run();
    return found.map(
      ({ id, nodes }) => `${id}: ${nodes.map((n) => `${String(n.target)} ${n.failureSummary}`).join("; ")}`,
    );
  });
}

describe.each(Object.entries(STATES))("%s", (name, expected) => {
  test("says what it should at both sizes and in both themes, and axe finds nothing", async () => {
    const page = await browser.newPage({ viewport: SIZES[0], reducedMotion: "reduce", timezoneId: "UTC" });
    try {
      await page.goto(`${url}/?state=${name}`);
      for (const [selector, text] of expected) {
        await expect.poll(() => page.locator(selector).innerText(), PATIENT).toMatch(text);
      }
      if (!WITHOUT_FILM.includes(name)) await page.waitForSelector(".card.current");
      // By CDP, which no policy of the page forbids.
      await page.evaluate(await readFile(AXE, "utf8"));
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
          await page.screenshot({ path: join(FOLDER, `${name}-${size.width}-${colorScheme}.png`) });
          expect(await violations(page), `${size.width} ${colorScheme}`).toEqual([]);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(overflow).toBeLessThanOrEqual(0);
        }
      }
      const handle = page.locator("#sheet-handle");
      await handle.click();
      await page.screenshot({ path: join(FOLDER, `${name}-390-sheet.png`) });
      expect(await violations(page), "with the sheet open").toEqual([]);
    } finally {
      await page.context().close();
    }
  });
});
