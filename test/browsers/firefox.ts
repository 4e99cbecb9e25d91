/** Firefox, over WebDriver BiDi as puppeteer-core speaks it. */
import { launch } from "puppeteer-core";
import type { BrowserKind } from "./visitor.ts";
import { findProgram } from "./which.ts";

const START_LIMIT_MS = 60_000;

const program = () => findProgram("firefox-esr", "firefox");

/** A window that keeps nothing: `browser.privatebrowsing.autostart`. */
export const firefoxPrivate = kind("Firefox, private", { "browser.privatebrowsing.autostart": true });
export const firefox = kind("Firefox", {});

function kind(name: string, extraPrefsFirefox: Record<string, unknown>): BrowserKind {
  return {
    name,
    packages: "firefox-esr",
    isInstalled: async () => (await program()) !== undefined,
    async open() {
      const executablePath = (await program())!;
      const options = { executablePath, extraPrefsFirefox, headless: true, timeout: START_LIMIT_MS };
      const browser = await launch({ browser: "firefox", ...options });
      const page = await browser.newPage();
      const version = await browser.version();
      return {
        name: `${name} ${version.split("/").at(-1)}`,
        goto: async (url) => void (await page.goto(url)),
        run: (body) => page.evaluate(`(async () => {${body}})()`) as Promise<never>,
        close: () => browser.close(),
      };
    },
  };
}
