/** Firefox, over WebDriver BiDi as puppeteer-core speaks it. */
import { launch } from "puppeteer-core";
import type { BrowserKind } from "./visitor.ts";
import { findProgram } from "./which.ts";

const START_LIMIT_MS = 60_000;

const program = () => findProgram("firefox-esr", "firefox");

export const firefox: BrowserKind = {
  name: "Firefox",
  packages: "firefox-esr",
  isInstalled: async () => (await program()) !== undefined,
  async open() {
    const executablePath = await program();
    const options = { browser: "firefox", executablePath: executablePath!, headless: true } as const;
    const browser = await launch({ ...options, timeout: START_LIMIT_MS });
    const page = await browser.newPage();
    const version = await browser.version();
    return {
      name: `Firefox ${version.split("/").at(-1)}`,
      goto: async (url) => void (await page.goto(url)),
      run: (body) => page.evaluate(`(async () => {${body}})()`) as Promise<never>,
      close: () => browser.close(),
    };
  },
};
