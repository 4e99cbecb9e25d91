// The loop, closed: a first release from items alone; people browse through the real SDK and a real edge; a release is
// trained on what they did; an open page takes it by itself; and it is better for the same people later on. With
// NEARFEED_LOOP_PEOPLE=200 (`npm run test:loop`) a crowd; NEARFEED_LOOP_SEED draws another one. The tests build on each
// other, in this order.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Item } from "../../shared/item.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { openDatabase } from "../../trainer/read/duckdb.ts";
import { expandFiles } from "../../trainer/read/files.ts";
import { loadItems } from "../../trainer/read/load-items.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { openRelease } from "../../trainer/release/open-release.ts";
import { runGate } from "../../trainer/retrain/gate.ts";
import { firstLikesFrom } from "../../trainer/retrain/holdout.ts";
import { retrainedOf } from "../../trainer/retrain/retrained.ts";
import type { Verdict } from "../../trainer/retrain/verdict.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { type LocalEdge, startLocalEdge } from "../harness/local-edge.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { type RecordingProxy, startRecordingProxy } from "../harness/recording-proxy.ts";
import { seeded } from "../harness/small-release.ts";
import { untilLogged } from "../harness/until-logged.ts";
import linearFit from "../../trainer/datasets/movielens-small/linear-fit.json" with { type: "json" };
import { drawn, makePeople, type Person } from "./loop/people.ts";
import { look, taken, visit } from "./loop/visit.ts";
import { ownAnswers } from "./tabs/tab.ts";

const PEOPLE = Number(process.env["NEARFEED_LOOP_PEOPLE"] ?? 14);
const SEED = Number(process.env["NEARFEED_LOOP_SEED"] ?? 1);
/** Films of the catalogue: a part of the bundled ones, so that everything is quick. */
const FILMS = 1_800;
/** So many browse at once, each with a worker of their own. */
const AT_ONCE = 7;
/** With weights that were found on films, not tuned: what some dozen people like says little of weights. */
const NEW_ITEMS = 1;
/** What each does at the first visit: the last fifth of it is what the gate measures. */
const CARDS = 10;
const FINDS = 20;
/** And at the second, long after. */
const LATER_FINDS = 6;
/** Accounts that are paid for in the bad log, and films that they push. */
const PAID_ACCOUNTS = 150 * PEOPLE;
const PUSHED = 24;
const STEP_MS = 20_000;
const LATER_MS = 4 * 3_600_000;
/** An open page looks for a new release every 15 s. */
const POLL_LIMIT_MS = 45_000;
const SECRET = "publish-secret-of-the-loop";

let folder: string;
let edge: LocalEdge;
let proxy: RecordingProxy;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let context: BrowserContext;
let films: readonly Item[];
let people: readonly Person[];
let onlooker: Page;
let sent = 0;
let startMs: number;
const place = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-loop-"));
  films = await someFilms();
  await writeFile(place("films.ndjson"), films.map((film) => JSON.stringify(film)).join("\n"));
  await writeFile(place("fit.json"), JSON.stringify({ ...linearFit, newItems: NEW_ITEMS }));
  [edge, browser] = await Promise.all([
    startLocalEdge({ state: place("edge"), secret: SECRET, queue: false }),
    launchChromium(),
    nearfeed(["train", "--items", place("films.ndjson"), "--out", place("first")], { url: "", secret: "" }),
  ]);
  await nearfeed(["publish", place("first")], edge);
  proxy = await startRecordingProxy(edge.url, { own: await ownAnswers() });
  context = await browser.newContext({ timezoneId: "UTC" });
  people = makePeople(PEOPLE, SEED, films);
  onlooker = await openPage();
  await onlooker.evaluate(look);
  startMs = Date.now();
});
afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await edge?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Bundled films, drawn by the seed. */
async function someFilms(): Promise<Item[]> {
  const path = join(import.meta.dirname, "../../trainer/datasets/movielens-small/movies.parquet");
  using database = await openDatabase();
  const { items } = await loadItems(database, expandFiles([path]), { split: "|", none: "(no genres listed)" });
  return [...items.values()].sort((a, b) => drawn(a.id, SEED) - drawn(b.id, SEED)).slice(0, FILMS);
}

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${proxy.url}/tab`);
  return page;
}

/** All of them, a few at a time. Resolves when all they did is in the log. */
async function allVisit(number: number, options: { cards: number; finds: number; startMs: number }): Promise<void> {
  const page = await openPage();
  for (let i = 0; i < people.length; i += AT_ONCE) {
    const few = people.slice(i, i + AT_ONCE);
    sent += await page.evaluate(visit, { ...options, people: few, stepMs: STEP_MS, number });
  }
  await page.close();
  await untilLogged(edge, sent);
}

const retrain = (...args: string[]) => {
  const places = ["--items", place("films.ndjson"), "--logs", place("logs"), "--releases", place("releases")];
  return nearfeed(["retrain", ...args, ...places, "--fit", place("fit.json")], edge);
};
const active = async () => (await fetchManifest(edge.url)).release;

test(`a release that was trained on what ${PEOPLE} people did is better on what they did last (seed ${SEED})`, async () => {
  await allVisit(1, { cards: CARDS, finds: FINDS, startMs });
  expect(await retrain()).toContain("gate: passed");
  const { verdict } = retrainedOf((await active()).metrics)!;
  console.log(`gate: ${describe(verdict!)}`);
  expect(verdict!.difference.low).toBeGreaterThan(0);
});

test("for the same people, later, what they find is ranked higher by it than by the first release", async () => {
  const laterMs = startMs + LATER_MS;
  await allVisit(2, { cards: 0, finds: LATER_FINDS, startMs: laterMs });
  await nearfeed(["logs", "pull", place("logs")], edge);
  const { dataset } = await readDataset({ events: [place("logs")] });
  const signals = eventSignals(dataset, DEFAULT_SIGNALS);
  const holdout = firstLikesFrom(dataset, signals, new Set(dataset.users), laterMs);
  expect(holdout.ranges).toHaveLength(PEOPLE);
  const challenger = await openRelease(join(place("releases"), (await active()).id));
  const incumbent = await openRelease(place("first"));
  const verdict = await runGate({ dataset, signals, holdout, challenger, incumbent, seed: SEED });
  console.log(`later: ${describe(verdict)}`);
  expect(verdict.difference.low).toBeGreaterThan(0);
});

test("the page that was open all along has taken the new release by itself", async () => {
  const { release: before } = await openRelease(place("first"));
  await expect
    .poll(() => onlooker.evaluate(taken), { timeout: POLL_LIMIT_MS, interval: 250 })
    .toEqual([before.id, (await active()).id]);
});

test("a release from a log that paid accounts have filled is stopped by the gate", async () => {
  const before = await active();
  await expect(retrain(await pushedLog())).rejects.toMatchObject({
    code: 5,
    stderr: expect.stringContaining("The new release is worse than the active one"),
  });
  expect((await active()).id).toBe(before.id);
});

function describe({ incumbent, challenger, difference, targets, people: count }: Verdict): string {
  const range = `${difference.low.toFixed(4)} to ${difference.high.toFixed(4)}`;
  return `${targets} likes of ${count} people, ${incumbent.figure.mean.toFixed(4)} to ${challenger.figure.mean.toFixed(4)}, difference ${difference.mean.toFixed(4)}, ${range}`;
}

/**
 * A log of accounts that are paid for (a shilling attack): each likes one film that people love, so as to be taken for one of them, and
 * behind it a dozen of those that are to be pushed, which nobody wants.
 */
async function pushedLog(): Promise<string> {
  const random = seeded(SEED);
  const draw = (ids: readonly string[]) => ids[Math.floor(random() * ids.length)]!;
  const wanted = new Set(people.flatMap((person) => person.wanted));
  const pushed = films.filter(({ id }) => !wanted.has(id)).slice(0, PUSHED);
  const rows = ["user,item,timestamp"];
  for (let account = 0; account < PAID_ACCOUNTS; account++) {
    const likes = [draw(people[account % PEOPLE]!.wanted), ...pushed.map(({ id }) => id).filter(() => random() < 0.5)];
    likes.forEach((id, i) => rows.push(`account ${account},${id},${1_600_000_000 + i}`));
  }
  await writeFile(place("pushed.csv"), rows.join("\n"));
  return place("pushed.csv");
}
