/** Chromium as all other tests find it, for the same loop. */
import { launchChromium } from "../harness/demo-page.ts";
import type { BrowserKind } from "./visitor.ts";

export const chromium: BrowserKind = {
  name: "Chromium",
  packages: "chromium",
  isInstalled: async () => true,
  async open() {
    const browser = await launchChromium();
    const page = await browser.newPage();
    return {
      name: `Chromium ${browser.version()}`,
      goto: async (url) => void (await page.goto(url)),
      run: (body) => page.evaluate(`(async () => {${body}})()`),
      close: () => browser.close(),
    };
  },
};
