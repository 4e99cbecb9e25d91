/**
 * `npm run screenshot -- [url]`: takes the picture of the README, docs/feed.png, from a demo page that runs (`npm
 * start`), after a few likes through its buttons.
 */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium, openDemo } from "../test/harness/demo-page.ts";

const DEFAULT_URL = "http://127.0.0.1:8787";
const LIKED_GENRES = ["Sci-Fi", "Adventure", "Animation"];
/** A picture in a README is loaded by everybody who looks. */
const MAX_BYTES = 300_000;

const url = process.argv[2] ?? DEFAULT_URL;
const folder = join(import.meta.dirname, "../docs");
const path = join(folder, "feed.png");

const browser = await launchChromium();
try {
  const demo = await openDemo(browser, url);
  await demo.reach("linear");
  for (const genre of LIKED_GENRES) {
    const [first] = await demo.browse(genre);
    await demo.likeOnShelf(first!);
  }
  await demo.press("like");
  // The shelf is closed again: what counts stands beside it.
  await demo.page.click('.chip[aria-pressed="true"]');
  await mkdir(folder, { recursive: true });
  await demo.page.setViewportSize({ width: 1280, height: 800 });
  await demo.page.waitForSelector("#why .terms:not(.stale) .sum");
  await demo.page.mouse.move(0, 0);
  await demo.page.screenshot({ path });
} finally {
  await browser.close();
}
const { size } = await stat(path);
console.log(`${path}: ${size} bytes`);
if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, at most ${MAX_BYTES} are allowed.`);
