/**
 * The test projects: the folder under test/ decides the runtime. The builds have their own configuration
 * (scripts/build-browser.ts), because what they make is a library, a worker and a page, never all at once.
 */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { buildKernel, scoresKernelText } from "./scripts/build-kernel.ts";
import { bundledWorker } from "./test/harness/bundled-worker.ts";
import { findChromium } from "./test/harness/chromium.ts";
import { LongestFirst } from "./test/harness/longest-first.ts";
import { plainDynamicImports } from "./test/harness/plain-dynamic-imports.ts";

/** Training on the bundled data and the first start of workerd fit into this; a hang does not go unseen for long. */
const E2E_TIMEOUT_MS = 300_000;

/** Tests of one end-to-end file that run at once, of those that say they may. */
const E2E_CONCURRENCY = 2;

/** Files that run at once: of the node project some wait for pages that are scrolled or processes, and leave their core idle. */
const TEST_FILES = 4;

/**
 * Pages of the browser project that are open at once. Many tests there wait (for a poll, a backoff, a tab that is silent),
 * and others compute meanwhile.
 */
const BROWSER_PAGES = 4;

/**
 * How often a test is tried again that waits for real pages, processes and clocks: on a busy machine one of hundreds is
 * late. What passes only then is named at the end of the run.
 */
const RETRIES = 1;

/**
 * Files at once of the projects that start processes of their own and wait for them: pages and their edges, Spark's Java. One
 * of them keeps three quarters of a core busy, so that three fill both.
 */
const PROCESS_FILES = 3;

/** One file plays a day at a pace, and skips tests where the machine cannot keep it: a third would take its time. */
const EDGE_FILES = 2;

/** A job of ten thousand events takes half a minute; the first one waits for pip. */
const SPARK_TIMEOUT_MS = 600_000;

/** Properties over thousands of cases take a second alone, and several on a machine that is busy otherwise. */
const NODE_TIMEOUT_MS = 60_000;

// The Worker under test imports the compiled kernel, and the trainer would build its own within the time of a test.
const built = ["scan", "ials", "encoder", "encoder-fused"] as const;
await Promise.all(built.map((name) => buildKernel(import.meta.dirname, name)));
const KERNEL = { SCORES_KERNEL: JSON.stringify(await scoresKernelText(import.meta.dirname)) };

export default defineConfig({
  test: {
    maxWorkers: TEST_FILES,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "node", include: ["test/node/**/*.test.ts"], testTimeout: NODE_TIMEOUT_MS } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { PUBLISH_SECRET: "the publish secret of the tests" } },
          }),
        ],
        test: { name: "workers", include: ["test/workers/**/*.test.ts"], testTimeout: NODE_TIMEOUT_MS },
      },
      {
        // Found while a test runs, a dependency would reload the page under it. onnxruntime-web is served as it is, so
        // that it finds its wasm beside it.
        plugins: [bundledWorker(import.meta.dirname, KERNEL), plainDynamicImports()],
        define: KERNEL,
        optimizeDeps: {
          include: ["@bufbuild/protobuf", "comlink", "fast-check", "idb", "onnx-buf", "react", "react-dom/client"],
          exclude: ["onnxruntime-web"],
        },
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          maxWorkers: BROWSER_PAGES,
          retry: RETRIES,
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await launchOptions() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/global-setup.ts"],
          // After the others: every file starts a whole edge and a browser of its own.
          sequence: { groupOrder: 2 },
          maxWorkers: PROCESS_FILES,
          maxConcurrency: E2E_CONCURRENCY,
          retry: RETRIES,
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
        },
      },
      {
        // The edge as a process of its own: killed, loaded, and sent anything.
        test: {
          name: "edge",
          include: ["test/edge/**/*.test.ts"],
          sequence: { groupOrder: 3 },
          maxWorkers: EDGE_FILES,
          retry: RETRIES,
          testTimeout: NODE_TIMEOUT_MS,
          hookTimeout: NODE_TIMEOUT_MS,
        },
      },
      {
        // Spark in Java and Python: minutes where these are, and skipped where they are not.
        test: {
          name: "spark",
          include: ["test/spark/**/*.test.ts"],
          sequence: { groupOrder: 2 },
          maxWorkers: PROCESS_FILES,
          testTimeout: SPARK_TIMEOUT_MS,
          hookTimeout: SPARK_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: "delivery",
          include: ["test/delivery/**/*.test.ts"],
          globalSetup: ["test/delivery/global-setup.ts"],
          sequence: { groupOrder: 2 },
          maxWorkers: PROCESS_FILES,
          retry: RETRIES,
          testTimeout: NODE_TIMEOUT_MS,
          hookTimeout: NODE_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/types/**/*.test-d.ts"],
            tsconfig: "./test/types/tsconfig.json",
            build: true,
          },
        },
      },
    ],
  },
});

/** Without a browser only the browser project fails, and says why. */
async function launchOptions() {
  try {
    const { executablePath, args, env } = await findChromium();
    return { executablePath, args: [...args], env };
  } catch (error) {
    console.warn(error instanceof Error ? error.message : error);
    return {};
  }
}
