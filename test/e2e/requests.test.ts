// Every request of a long seeded session, at every level of consent and with every retrieval, against the tables of
// docs/privacy.md. With NEARFEED_REQUEST_STEPS=3000 (`npm run test:requests`) a very long one; NEARFEED_REQUEST_SEED
// draws another person. The names of the tests say both, so that a failure tells how to see it again.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Consent, Retrieval } from "../../client-sdk/index.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { readPrivacyTable, type Column, type PrivacyTable, type TableRow } from "../harness/privacy-table.ts";
import type { RecordedRequest } from "../harness/recording-proxy.ts";
import { expectPlain, isBeacon } from "./requests/expect-plain.ts";
import { openSession, type Session } from "./requests/session.ts";
import { activate, stack } from "./stack.ts";
import { ownAnswers } from "./tabs/tab.ts";

const SHORT_STEPS = 150;
const STEPS = Number(process.env["NEARFEED_REQUEST_STEPS"] ?? SHORT_STEPS);
const SEED = Number(process.env["NEARFEED_REQUEST_SEED"] ?? 1);
const DRAWN = `${STEPS} steps of seed ${SEED}`;
/** Every person's clock begins here; it runs ahead of the machine's, and the edge takes nothing from the future. */
const START_MS = Date.now() - 2 * 24 * 3_600_000;
const LIMIT_MS = 120_000 + STEPS * 1_000;
const PATIENT = { timeout: 20_000 };

const COLUMNS: readonly (readonly [Column, Consent, Retrieval])[] = [
  ["denied", "denied", "auto"],
  ["local, device", "local", "device"],
  ["local, pool", "local", "pool"],
  ["full, device", "full", "device"],
  ["full, pool", "full", "pool"],
  ["full, edge", "full", "edge"],
];
/** From so many items on they may be asked by. */
const ENOUGH = 20;
const TASTE = "Drama";

/** What is left of a session. */
type Life = Pick<Session, "requests" | "deeds">;

let table: PrivacyTable;
let own: Awaited<ReturnType<typeof ownAnswers>>;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  table = await readPrivacyTable();
  own = await ownAnswers();
  browser = await launchChromium();
  // The deep floor asks for two files more, and takes most of the time: the short form leaves it to the demo page.
  await activate(stack.releases[STEPS > SHORT_STEPS ? "deep" : "linear"]);
});
afterAll(() => browser?.close());

const rowOf = (request: RecordedRequest) => table.rows.find((row) => row.matches(request));
const kind = (row: TableRow) => row.request;
const kindOf = (request: RecordedRequest) => rowOf(request)?.request ?? `${request.method} ${request.path}`;
const kindsOf = (requests: readonly RecordedRequest[]) => [...new Set(requests.map(kindOf))].sort();

/** What the column allows from so many items on. */
const limitedAt = (column: Column) => table.rows.filter((row) => row.says(column) === "from 20").map(kind);

/** Comes as somebody who was never there, does all that may be done, erases everything twice, and goes. */
async function live([column, consent, retrieval]: (typeof COLUMNS)[number], taste: string): Promise<Life> {
  const limited = limitedAt(column);
  const person = { consent, retrieval, taste, seed: SEED, startMs: START_MS };
  const session = await openSession(browser, person, { edge: stack.url, own });
  const since = (from: number) => kindsOf(session.requests.slice(from));
  /** One item too few, and whatever else is done: nothing. Once there are enough: at once. */
  const onlyFromEnough = async (more: () => Promise<void>) => {
    const from = session.requests.length;
    await session.until(ENOUGH - 1);
    await session.settle();
    expect(since(from).filter((each) => limited.includes(each))).toEqual([]);
    await more();
    for (const each of limited) await vi.waitFor(() => expect(since(from)).toContain(each), PATIENT);
  };
  try {
    await onlyFromEnough(() => session.until(ENOUGH));
    await session.live(STEPS);
    await session.settle();
    // What was erased does not speak any more; what is brought back does.
    const packed = await session.pack();
    await session.erase();
    await onlyFromEnough(() => session.unpack(packed));
    await session.erase();
    await session.leave();
  } finally {
    await session.close();
  }
  return session;
}

const lives = new Map<string, Promise<Life>>();
/** The life of somebody, for every test that asks for it. */
function lifeOf(at: (typeof COLUMNS)[number], taste: string): Promise<Life> {
  const key = `${at[0]} ${taste}`;
  const life = lives.get(key) ?? live(at, taste);
  lives.set(key, life);
  return life;
}

describe.concurrent("a session", () => {
  test.each(COLUMNS)(
    `at %s asks for what the table lists, all of it and nothing else (${DRAWN})`,
    async (...at) => {
      const [column, consent] = at;
      const { requests, deeds } = await lifeOf(at, TASTE);
      const allowed = table.rows.filter((row) => row.says(column) !== "–").map(kind);
      // What was never uploaded need not be forgotten.
      const expected = allowed.filter((each) => consent === "full" || each !== "POST /v1/forget");
      expect(kindsOf(requests)).toEqual(expected.sort());
      const limited = limitedAt(column);
      for (const request of requests) {
        expectPlain(request, kindOf(request), table);
        if (limited.includes(kindOf(request))) expect(request.speaking, request.path).toBeGreaterThanOrEqual(ENOUGH);
      }
      const uploads = requests.filter(({ path }) => path === "/v1/events");
      // By the worker while the page is open, by beacons when it is hidden or goes.
      const ways = new Set(uploads.map(isBeacon));
      expect([...ways].sort()).toEqual(consent === "full" ? [false, true] : []);
      console.log(`${column}: ${requests.length} requests, ${deeds} things done`);
    },
    LIMIT_MS,
  );
});

/** Every byte that came; each person has a proxy of their own, whose port stands for the edge. */
const written = ({ method, path, headers, body }: RecordedRequest) =>
  JSON.stringify([method, path, headers, body]).replaceAll(headers.host!, "edge");

/**
 * How often an open page asks for the manifest is decided by the time it is open, and two sessions never take the same: of
 * these requests only the different ones are compared, of all others each one. Not the order, because files are fetched
 * several at a time, and the network decides which comes first.
 */
function comparable(requests: readonly RecordedRequest[]): string[] {
  const isManifest = (request: RecordedRequest) => request.path.startsWith("/v1/manifest");
  const manifests = new Set(requests.filter(isManifest).map(written));
  return [...manifests, ...requests.filter((request) => !isManifest(request)).map(written)].sort();
}

describe.concurrent("two people with opposite tastes", () => {
  const bothAt = (column: Column) => {
    const at = COLUMNS.find(([each]) => each === column)!;
    return Promise.all([lifeOf(at, TASTE), lifeOf(at, `!${TASTE}`)]);
  };

  test(
    `send the same bytes at local with device (${DRAWN})`,
    async () => {
      const [one, other] = (await bothAt("local, device")).map(({ requests }) => comparable(requests));
      expect(one!.length).toBeGreaterThan(5);
      expect(other).toEqual(one);
    },
    LIMIT_MS,
  );

  test(
    `send the same bytes at local with pool, but for the numbers of the cells (${DRAWN})`,
    async () => {
      const isOfCell = ({ path }: RecordedRequest) => path.includes("/pools/");
      const [one, other] = (await bothAt("local, pool")).map(({ requests }) => ({
        apart: comparable(requests.filter((request) => !isOfCell(request))),
        cells: new Set(requests.filter(isOfCell).map(({ path }) => path)),
        shapes: new Set(requests.filter(isOfCell).map((each) => written(each).replace(/(\/pools\/)\d+/, "$1{cell}"))),
      }));
      expect(other!.apart).toEqual(one!.apart);
      expect(one!.shapes.size).toBe(1);
      expect(other!.shapes).toEqual(one!.shapes);
      expect(one!.cells.size).toBeGreaterThan(5);
      expect(other!.cells).not.toEqual(one!.cells);
    },
    LIMIT_MS,
  );
});
