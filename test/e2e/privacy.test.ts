// What the demo page stores and uploads at each level of consent. That it asks for nothing else is shown by
// requests-page.test.ts.
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openDemo, type Demo } from "../harness/demo-page.ts";
import { startRecordingProxy, type RecordingProxy } from "../harness/recording-proxy.ts";
import { parseEnvelope } from "../../shared/event.ts";
import { stack } from "./stack.ts";

const { url } = stack;
const PATIENT = { timeout: 15_000 };
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Opens the page at a level, likes and skips there, then does what the test wants. */
async function visit(level: "denied" | "local" | "full", use: (demo: Demo, proxy: RecordingProxy) => Promise<void>) {
  const proxy = await startRecordingProxy(url);
  const demo = await openDemo(browser, proxy.url, (page) =>
    page.addInitScript((chosen) => {
      if (location.protocol !== "about:") localStorage.setItem("nearfeed-demo-consent", chosen);
    }, level),
  );
  try {
    await demo.reach("linear");
    expect(await demo.page.isChecked(`input[name="consent"][value="${level}"]`)).toBe(true);
    await demo.press("like");
    await demo.press("skip");
    await demo.press("like");
    await use(demo, proxy);
    expect(demo.complaints).toEqual([]);
  } finally {
    await demo.close();
    await proxy.close();
  }
}

test("at denied no database, no cache and no key but the choice itself exists", async () => {
  await visit("denied", async (demo) => {
    expect(await demo.stored()).toEqual({ databases: [], caches: [], keys: ["nearfeed-demo-consent"] });
  });
});

test("at local the log is on the device", async () => {
  await visit("local", async (demo) => {
    expect((await demo.storedEvents()).filter(({ type }) => type !== "impression").map(({ type }) => type)).toEqual([
      "like",
      "skip",
      "like",
    ]);
  });
});

test("at full the events are sent in envelopes under a random id, and nothing else is", async () => {
  await visit("full", async (demo, { requests }) => {
    const posted = () => requests.filter(({ method }) => method !== "GET");
    const sent = () => new Set(posted().flatMap(({ body }) => eventsOf(body).map(({ id }) => id)));
    // A card that has just come into view is one event more.
    const apart = async () => {
      const stored = new Set((await demo.storedEvents()).map(({ id }) => id));
      const uploaded = sent();
      return [...uploaded, ...stored].filter((id) => !uploaded.has(id) || !stored.has(id));
    };
    await expect.poll(apart, PATIENT).toEqual([]);
    expect(sent().size).toBeGreaterThan(0);
    for (const { path, headers, body } of posted()) {
      expect(path).toBe("/v1/events");
      expect(headers["content-type"]).toMatch(/^text\/plain/);
      const { head } = parseEnvelope(JSON.parse(body), { now: Date.now() });
      expect(head.subject).toMatch(/^[0-9A-Za-z]{26}$/);
      expect(
        Object.keys(head).filter(
          (key) => !["v", "key", "subject", "release", "surface", "utcOffsetMinutes"].includes(key),
        ),
      ).toEqual([]);
    }
    expect(new Set(posted().map(({ body }) => JSON.parse(body).subject)).size).toBe(1);
  });
});

test("going back from full to denied deletes what was stored", async () => {
  await visit("full", async (demo) => {
    expect((await demo.stored()).databases).toHaveLength(1);
    await demo.consent("denied");
    await expect.poll(async () => (await demo.stored()).databases, PATIENT).toEqual([]);
    await expect.poll(async () => (await demo.stored()).caches, PATIENT).toEqual([]);
  });
});

function eventsOf(body: string) {
  return parseEnvelope(JSON.parse(body), { now: Date.now() }).events;
}
