/**
 * `npm run test:browsers [-- firefox webkit chromium]`: walks through the loop in browsers that the machine has, and says
 * which it has not. A browser that is there and fails is a failure; one that was asked for by name must be there.
 */
import { join } from "node:path";
import { closingLine } from "../../scripts/closing-line.ts";
import { run } from "../../scripts/run.ts";
import { publishedEdge } from "../delivery/published-edge.ts";
import { servePages } from "../delivery/served-pages.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { chromium } from "./chromium.ts";
import { firefox } from "./firefox.ts";
import { walkTheLoop, type Addresses } from "./loop.ts";
import type { BrowserKind } from "./visitor.ts";
import { webkit } from "./webkit.ts";

const KINDS: Record<string, BrowserKind> = { chromium, firefox, webkit };

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

/** An edge with a release that has models, a page under the strictest policy, and one whose SDK comes from the edge. */
async function withPages(use: (addresses: Addresses) => Promise<void>): Promise<void> {
  const built = await run("node", [join(ROOT, "scripts/build.ts"), "--browser"]);
  if (built.code !== 0) throw new Error("The build failed.");
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  const edge = await publishedEdge();
  const strict = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ${edge.url}`;
  const pages = await servePages({ headersOf: () => ({ "Content-Security-Policy": strict }) });
  const plain = await servePages({ sdk: `${edge.url}/sdk/${manifest.version}/index.js` });
  try {
    await use({
      demo: edge.url,
      page: `${pages.origin}/?endpoint=${edge.url}`,
      plain: `${plain.origin}/?endpoint=${edge.url}`,
    });
  } finally {
    await pages.stop();
    await plain.stop();
    await edge.stop();
  }
}
