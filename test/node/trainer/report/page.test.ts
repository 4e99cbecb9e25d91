import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderReport } from "../../../../trainer/report/render.ts";
import { launchChromium } from "../../../harness/demo-page.ts";
import { sampleFigures } from "./sample-figures.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-report-"));
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const figures = sampleFigures();
const evil = `</style></svg><script>document.title="taken"</script><img src=x onerror="document.title='taken'">`;
const [title] = figures.knownTitles;
const long = "A title without a single space ".repeat(4).replaceAll(" ", "");
const path = join(folder, "report.html");
writeFileSync(
  path,
  renderReport({
    ...figures,
    knownTitles: [title, { ...title, title: evil, category: evil }, { ...title, title: long }],
  }),
);

/** Opens the report, and every part of it that can be opened. @returns the page and every request that it made */
async function open(
  width: number,
  colorScheme: "light" | "dark" = "light",
): Promise<{ page: Page; requests: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path).href);
  await page.$$eval("details", (all) => all.forEach((each) => ((each as HTMLDetailsElement).open = true)));
  return { page, requests };
}

test("a browser loads nothing but the page, and runs nothing of what titles say", async () => {
  const { page, requests } = await open(1_200);
  expect(requests).toEqual([pathToFileURL(path).href]);
  expect(await page.title()).toBe(`Nearfeed release ${figures.head.release}`);
  expect(await page.locator("script, img").count()).toBe(0);
  expect(await page.locator("h3 bdi").allTextContents()).toContain(evil);
  await page.close();
});

test.each([320, 390, 1_200])(
  "nothing is wider than a screen of %i pixels, and no words of a plot lie on others",
  async (width) => {
    const { page } = await open(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const overlaps = await page.evaluate(() => {
      const found: string[] = [];
      for (const svg of document.querySelectorAll("svg")) {
        const words = [...svg.querySelectorAll("text")].map((text) => ({ text, box: text.getBoundingClientRect() }));
        words.forEach(({ text, box }, i) => {
          for (const other of words.slice(i + 1)) {
            const apart =
              box.right <= other.box.left ||
              other.box.right <= box.left ||
              box.bottom <= other.box.top + 2 ||
              other.box.bottom <= box.top + 2;
            if (!apart) found.push(`${text.textContent} and ${other.text.textContent}`);
          }
        });
      }
      return found;
    });
    expect(overlaps).toEqual([]);
    await page.close();
  },
);

test("words stand out from their ground in the light and in the dark, as WCAG asks", async () => {
  for (const scheme of ["light", "dark"] as const) {
    const { page } = await open(1_200, scheme);
    const contrasts = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const luminance = (name: string) => {
        const hex = style.getPropertyValue(name).trim();
        const [r, g, b] = [1, 3, 5].map((at) => {
          const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
          return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a: string, b: string) => {
        const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
      };
      return {
        words: ["--ink", "--soft", "--faint"].flatMap((word) => ["--ground", "--card"].map((on) => contrast(word, on))),
        marks: ["--own", "--other"].map((mark) => contrast(mark, "--card")),
      };
    });
    expect(Math.min(...contrasts.words)).toBeGreaterThanOrEqual(4.5);
    expect(Math.min(...contrasts.marks)).toBeGreaterThanOrEqual(3);
    await page.close();
  }
});
