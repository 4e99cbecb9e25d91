/**
 * `npm run test:browsers [-- firefox webkit chromium]`: walks through the loop in browsers that the machine has, and says
 * which it has not. A browser that is there and fails is a failure; one that was asked for by name must be there.
 */
import { closingLine } from "../../scripts/closing-line.ts";
import { chromium } from "./chromium.ts";
import { firefox, firefoxPrivate } from "./firefox.ts";
import { walkTheLoop, type Addresses } from "./loop.ts";
import { withPages } from "./pages.ts";
import type { BrowserKind } from "./visitor.ts";
import { webkit } from "./webkit.ts";

const KINDS: Record<string, BrowserKind> = { chromium, firefox, "firefox-private": firefoxPrivate, webkit };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !KINDS[name]);
if (unknown.length > 0) throw new Error(`No such browser: ${unknown}. There are ${Object.keys(KINDS)}.`);

const totals = { passed: 0, failed: 0 };
await withPages(async (addresses) => {
  for (const [name, kind] of Object.entries(KINDS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    if (await kind.isInstalled()) totals[(await passes(kind, addresses)) ? "passed" : "failed"] += 1;
    else {
      if (asked.includes(name)) totals.failed += 1;
      console.log(`skipped  ${kind.name} is not installed. On Debian: apt-get install ${kind.packages}`);
    }
  }
});
console.log(closingLine(totals));
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

async function passes(kind: BrowserKind, addresses: Addresses): Promise<boolean> {
  const startMs = performance.now();
  let name = kind.name;
  try {
    const visitor = await kind.open();
    ({ name } = visitor);
    const result = await walkTheLoop(visitor, addresses).finally(() => visitor.close());
    const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
    console.log(`ok       ${name}: ${JSON.stringify(result)} (${took})`);
    return true;
  } catch (error) {
    console.log(`FAILED   ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}
