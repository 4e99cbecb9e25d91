import { chromium } from "playwright-core";
import { afterEach, expect, test, vi } from "vitest";
import { findChromium } from "../../harness/chromium.ts";

afterEach(() => vi.unstubAllEnvs());

test("the browser that is found starts, and its text takes room", async () => {
  const { executablePath, args, env } = await findChromium();
  const browser = await chromium.launch({ executablePath, args: [...args], env });
  try {
    const page = await browser.newPage();
    await page.setContent("<span id=narrow>iii</span><br><span id=wide>WWW</span>");
    const widths = await page.evaluate(() =>
      ["narrow", "wide"].map((id) => document.getElementById(id)!.getBoundingClientRect().width),
    );
    // Without a font every glyph is the same empty box.
    expect(widths[1]! / widths[0]!).toBeGreaterThan(2);
  } finally {
    await browser.close();
  }
});

test("a CHROMIUM_PATH that is no executable is refused by its name, not passed over", async () => {
  vi.stubEnv("CHROMIUM_PATH", "/no/such/browser");
  await expect(findChromium()).rejects.toThrow('CHROMIUM_PATH is "/no/such/browser"');
});
