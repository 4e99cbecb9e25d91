// What docs/csp.md says: which content security policy each floor needs, and what happens under a stricter one.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchChromium } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { expectLoop, openHost, type HostPage, PATIENT } from "./host-page.ts";
import { servePages, type PagesOptions } from "./served-pages.ts";

const edge = inject("edge");
const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
const STRICT = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ${edge}`;

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Opens a page under a policy and hands over what a test looks at, with what the policy has stopped. */
async function under(
  policy: string,
  look: (host: HostPage, blocked: () => Promise<string[]>) => Promise<void>,
  options: PagesOptions = {},
): Promise<void> {
  const pages = await servePages({ headersOf: () => ({ "Content-Security-Policy": policy }), ...options });
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, (page) =>
    page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { blocked: seen });
      document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
    }),
  );
  try {
    await look(host, () => host.page.evaluate("[...new Set(blocked)]"));
    expect(host.thrown).toEqual([]);
  } finally {
    await host.close();
    await pages.stop();
  }
}

async function expectDeepInWorker(host: HostPage, blocked: () => Promise<string[]>): Promise<void> {
  await host.reach("deep");
  await expectLoop(host, "deep");
  expect(await blocked()).toEqual([]);
  expect(host.complaints).toEqual([]);
  expect(await host.errors()).toEqual([]);
  expect(host.page.workers()).toHaveLength(1);
}

test("the strict policy of the documentation stops nothing, and the deep floor is reached", async () => {
  expect(await readFile(join(ROOT, "docs/csp.md"), "utf8")).toContain(
    STRICT.replace(edge, "https://edge.example").replaceAll("; ", ";\n"),
  );
  await under(STRICT, expectDeepInWorker);
});

test("without 'wasm-unsafe-eval' the linear floor stays, with one error and no broken page", async () => {
  await under(STRICT.replace(" 'wasm-unsafe-eval'", ""), async (host) => {
    await host.reach("linear");
    await expect.poll(() => host.errors(), PATIENT).toHaveLength(1);
    await expectLoop(host, "linear");
    expect(await host.errors()).toMatchObject([{ code: "model", hint: expect.stringContaining("wasm-unsafe-eval") }]);
  });
});

test("where the page may fetch nothing of its own origin, the linear floor stays", async () => {
  await under(STRICT.replace("connect-src 'self'", "connect-src"), async (host) => {
    await host.reach("linear");
    await expect.poll(() => host.errors(), PATIENT).toMatchObject([{ code: "model" }]);
    await expectLoop(host, "linear");
  });
});

test("where the page may not ask the edge, lists are empty, and say that they are offline", async () => {
  await under(STRICT.replace(` ${edge}`, ""), async (host) => {
    await host.page.waitForSelector('html[data-status="failed"]', { state: "attached" });
    expect(await host.page.evaluate("host.feed.getSnapshot()")).toMatchObject({ entries: [], offline: true });
  });
});

test("where no worker may start, the engine runs on the page's thread", async () => {
  await under(STRICT.replace("worker-src 'self'", "worker-src 'none'"), async (host, blocked) => {
    await host.reach("deep");
    await expectLoop(host, "deep");
    expect(host.page.workers()).toEqual([]);
    expect(await host.errors()).toEqual([]);
    expect(await blocked()).toEqual(["worker-src"]);
  });
});

test("Trusted Types are served by the policy named nearfeed", async () => {
  await under(`${STRICT}; require-trusted-types-for 'script'; trusted-types nearfeed`, expectDeepInWorker);
});

test("where Trusted Types allow no policy, the engine runs on the page's thread", async () => {
  await under(`${STRICT}; require-trusted-types-for 'script'; trusted-types 'none'`, async (host) => {
    await host.reach("deep");
    await expectLoop(host, "deep");
    expect(host.page.workers()).toEqual([]);
    expect(await host.errors()).toEqual([]);
  });
});

test("the SDK of another origin needs that origin in script-src, and blob: as worker-src", async () => {
  const sdk = `${edge}/sdk/${version}/index.js`;
  const policy = `default-src 'none'; script-src 'self' ${edge} 'wasm-unsafe-eval'; worker-src blob:; connect-src ${edge}`;
  await under(policy, expectDeepInWorker, { sdk });
});

test("a worker has the policy of its own response, not the page's", async () => {
  const linear = STRICT.replace(" 'wasm-unsafe-eval'", "").replace(`connect-src 'self' ${edge}`, "connect-src 'none'");
  const headersOf = (path: string): Record<string, string> =>
    path.startsWith("/nearfeed/") ? {} : { "Content-Security-Policy": linear };
  await under(linear, expectDeepInWorker, { headersOf });
});
