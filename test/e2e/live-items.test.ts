// The way of an item that is added or deleted between two releases: by the command, through a real edge that is stopped and
// started, to the SDK in a browser.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Item } from "../../shared/item.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { releaseFiles } from "../../shared/release.ts";
import { type EdgeProcess, startEdge } from "../../trainer/dev/edge-process.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { freePort, ROOT } from "../harness/dev-stack.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";

const SECRET = "the-secret-of-this-test";
/** What the manifest says of itself, and what an SDK that is asked to sync needs beside it. */
const MANIFEST_MS = 10_000;

const small = await smallRelease({ items: 60, content: true });
const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
const added: Item[] = [
  { id: "new-1", categories: ["Drama"], title: "A new film", data: { year: 2026 } },
  { id: "new-2", categories: ["Comedy"], title: "Another one" },
];

let state: string;
let edge: EdgeProcess;
let browser: Awaited<ReturnType<typeof launchChromium>>;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "nearfeed-live-"));
  edge = await start();
  const place = join(state, "release");
  await writeRelease(place);
  await command("publish", place);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await edge?.stop();
  await rm(state, { recursive: true, force: true });
});

async function start(): Promise<EdgeProcess> {
  const signal = AbortSignal.timeout(60_000);
  return startEdge({ root: ROOT, port: await freePort(), state, secret: SECRET, signal });
}

async function writeRelease(place: string): Promise<void> {
  await mkdir(place, { recursive: true });
  for (const { name, sha256 } of releaseFiles(small.release))
    await writeFile(join(place, name), small.blobs.get(sha256)!);
  await writeFile(join(place, "release.json"), small.json);
}

function command(...args: string[]): Promise<string> {
  return nearfeed(args, { url: edge.url, secret: SECRET });
}

async function startPool(): Promise<string[]> {
  const answer = await fetch(edge.url + ROUTES.start(small.release.id));
  return [...decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text).ids];
}

/** A page with a recommender, `sdk`, of a person who has never been here. */
async function visit(consent: "denied" | "local") {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(`${edge.url}/blank`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html>" }),
  );
  await page.goto(`${edge.url}/blank`);
  await page.evaluate(`(async () => {
    const { createRecommender } = await import("/sdk/${version}/index.js");
    window.sdk = createRecommender({ endpoint: location.origin, consent: "${consent}" });
    await window.sdk.sync();
  })()`);
  const list = () =>
    page.evaluate(
      `window.sdk.recommend({ surface: "home", count: 100 }).then(({ entries }) => entries.map(({ item }) => item))`,
    ) as Promise<Item[]>;
  return { list, sync: () => page.evaluate("window.sdk.sync()"), close: () => context.close() };
}

const ids = (items: readonly Item[]): string[] => items.map(({ id }) => id);

test("items that the command puts are in lists of devices, with their display data, and outlive a restart", async () => {
  const file = join(state, "items.ndjson");
  await writeFile(file, added.map((item) => JSON.stringify(item)).join("\n"));
  expect(await command("items", "put", file)).toContain("2 items are live");
  expect(await startPool()).toEqual(expect.arrayContaining(ids(added)));
  const before = await visit("denied");
  expect(await before.list()).toEqual(expect.arrayContaining(added));
  await before.close();

  await edge.stop();
  edge = await start();
  expect(await startPool()).toEqual(expect.arrayContaining(ids(added)));
});

test("an item that the command deletes is gone from a device with the next manifest, and stays gone over a restart", async () => {
  const person = await visit("local");
  expect(ids(await person.list())).toContain("item-7");
  expect(await command("items", "delete", "item-7", "new-2")).toContain("deleted item-7");
  expect(await startPool()).not.toContain("item-7");
  await expect
    .poll(() => person.sync().then(person.list).then(ids), { timeout: 2 * MANIFEST_MS, interval: 500 })
    .not.toContain("item-7");
  expect(ids(await person.list())).toContain("item-8");
  await person.close();

  await edge.stop();
  edge = await start();
  expect((await fetchManifest(edge.url)).tombstones).toEqual(["item-7", "new-2"]);
  const pool = await startPool();
  expect(pool).not.toContain("item-7");
  expect(pool).not.toContain("new-2");
  expect(pool).toContain("new-1");
});

test("a file that cannot be put says where it is wrong, and nothing of it is sent", async () => {
  const file = join(state, "bad.json");
  await writeFile(file, JSON.stringify([{ id: "new-3", categories: [] }, { id: "new-4" }]));
  await expect(command("items", "put", file)).rejects.toThrow(/\[1\]\.categories is required/);
  await writeFile(file, JSON.stringify([{ id: "new-3", categories: ["Western"] }]));
  await expect(command("items", "put", file)).rejects.toThrow(/does not know the name at \[0\]\.categories\[0\]/);
  await expect(command("items", "delete", "nowhere")).rejects.toThrow(/unknown_item/);
  await expect(command("items", "put", join(state, "absent.json"))).rejects.toThrow(/There is no file/);
  expect(await startPool()).not.toContain("new-3");
});
