// Every request of a session, at every level of consent and with every retrieval, against the tables of docs/privacy.md.
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Consent, Retrieval } from "../../client-sdk/index.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { readPrivacyTable, type Column, type PrivacyTable } from "../harness/privacy-table.ts";
import { startRecordingProxy, type RecordedRequest, type RecordingProxy } from "../harness/recording-proxy.ts";
import { openSession, type Session } from "./requests/session.ts";
import { ownAnswers } from "./tabs/tab.ts";

const COLUMNS: readonly (readonly [Column, Consent, Retrieval])[] = [
  ["denied", "denied", "auto"],
  ["local, device", "local", "device"],
  ["local, pool", "local", "pool"],
  ["full, device", "full", "device"],
  ["full, pool", "full", "pool"],
  ["full, edge", "full", "edge"],
];
/** One item fewer than anything may be asked for by. */
const TOO_FEW = 19;
const PATIENT = { timeout: 20_000 };

let table: PrivacyTable;
let proxy: RecordingProxy;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  table = await readPrivacyTable();
  proxy = await startRecordingProxy(inject("stack").url, { own: await ownAnswers() });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await proxy?.close();
});

/** Opens a session as somebody who was never there. @returns what the use of it asked for */
async function visit(
  options: { consent: Consent; retrieval: Retrieval; taste?: string },
  use: (session: Session, requests: () => readonly RecordedRequest[]) => Promise<void>,
): Promise<readonly RecordedRequest[]> {
  const from = proxy.requests.length;
  const requests = () => proxy.requests.slice(from);
  const context: BrowserContext = await browser.newContext({ timezoneId: "UTC" });
  try {
    const session = await openSession(context, proxy.url, { taste: "Drama", ...options });
    await use(session, requests);
    // Going away, a page sends what it still holds.
    await session.page.goto("about:blank");
    expect(session.complaints).toEqual([]);
  } finally {
    await context.close();
  }
  return requests();
}

const rowOf = (request: RecordedRequest) => table.rows.find((row) => row.matches(request));
const kindsOf = (requests: readonly RecordedRequest[]) =>
  new Set(requests.map((request) => rowOf(request)?.request ?? `${request.method} ${request.path}`));

describe.each(COLUMNS)("at %s", (column, consent, retrieval) => {
  test("a session asks for what the table lists, all of it and nothing else", async () => {
    const limited = table.rows.filter((row) => row.says(column) === "from 20").map(({ request }) => request);
    const requests = await visit({ consent, retrieval }, async (session, soFar) => {
      await session.act(TOO_FEW);
      await session.look();
      expect([...kindsOf(soFar())].filter((kind) => limited.includes(kind))).toEqual([]);
      await session.act(TOO_FEW);
      for (const kind of limited) await expect.poll(() => [...kindsOf(soFar())], PATIENT).toContain(kind);
      await session.look();
      if (consent === "full") await expect.poll(() => [...kindsOf(soFar())], PATIENT).toContain("POST /v1/events");
      await session.erase();
    });
    const allowed = table.rows.filter((row) => row.says(column) !== "–").map(({ request }) => request);
    // What was never uploaded need not be forgotten.
    const expected = allowed.filter((kind) => consent === "full" || kind !== "POST /v1/forget");
    expect([...kindsOf(requests)].sort()).toEqual([...expected].sort());
    for (const request of requests) expectPlain(request);
  });
});

/** No cookie, no word of where the person is, and in the body only what the second table lists. */
function expectPlain({ method, path, headers, body }: RecordedRequest): void {
  expect(headers.cookie, path).toBeUndefined();
  expect(headers.authorization, path).toBeUndefined();
  // Of a beacon the page's own policy decides.
  if (headers["sec-fetch-mode"] !== "no-cors") expect(headers.referer, path).toBeUndefined();
  if (method === "GET") return expect(body, path).toBe("");
  const kind = rowOf({ method, path, headers, body })!.request;
  const sent = JSON.parse(body) as { events?: object[] };
  const beyond = (value: object, of: string) => Object.keys(value).filter((key) => !table.fields(of).includes(key));
  expect(beyond(sent, kind)).toEqual([]);
  for (const event of sent.events ?? []) expect(beyond(event, `${kind} event`)).toEqual([]);
}

/** What the edge gets of a session, without how often: a person who stays longer asks more often for the manifest. */
async function askedBy(retrieval: Retrieval, taste: string): Promise<Set<string>> {
  const requests = await visit({ consent: "local", retrieval, taste }, async (session) => {
    await session.act(30);
    await session.look();
    await session.erase();
  });
  return new Set(
    requests.map(({ method, path, headers, body }) => {
      // Whether the browser has an older answer is its own affair.
      const { "if-none-match": _, ...others } = headers;
      return JSON.stringify([method, path, others, body]);
    }),
  );
}

test("at local with device two people with opposite tastes send the same bytes", async () => {
  const [one, other] = [await askedBy("device", "Drama"), await askedBy("device", "!Drama")];
  expect(one.size).toBeGreaterThan(5);
  expect([...other].sort()).toEqual([...one].sort());
});

test("at local with pool they send the same bytes but for the cells", async () => {
  const [one, other] = [await askedBy("pool", "Drama"), await askedBy("pool", "!Drama")];
  const isOfCell = (request: string) => request.includes("/pools/");
  const apart = (requests: Set<string>) => [...requests].filter((request) => !isOfCell(request)).sort();
  expect(apart(other)).toEqual(apart(one));
  const cells = (requests: Set<string>) => [...requests].filter(isOfCell).sort();
  expect(cells(one).length).toBeGreaterThan(5);
  expect(cells(other)).not.toEqual(cells(one));
});
