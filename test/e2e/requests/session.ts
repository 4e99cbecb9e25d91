/**
 * One person's whole session on an empty page with the built SDK, behind a proxy of its own: how the test drives it, and
 * every request it made, each with how many items could speak for the person when it came.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { startRecordingProxy, type OwnAnswer, type RecordedRequest } from "../../harness/recording-proxy.ts";
import { seeded } from "../../harness/small-release.ts";
import { erased, exported, hideAndShow, imported, perform, start, synced, takenIn } from "./in-page.ts";
import type { PersonOptions } from "./in-page.ts";
import { drawSteps } from "./script.ts";
import { createSpeaking, type Deed } from "./speaking.ts";

export interface JudgedRequest extends RecordedRequest {
  /** Items that spoke for the person when it came, at most. */
  readonly speaking: number;
}

export interface Session {
  readonly requests: readonly JudgedRequest[];
  /** How much was done with items so far, or taken back. */
  readonly deeds: number;
  /** Goes on until so many items speak. */
  until(speaking: number): Promise<void>;
  /** So many steps, with all that may happen around them: the line breaks, the page is hidden, doubled and loaded anew. */
  live(steps: number): Promise<void>;
  /** Until all is taken in and nothing is asked for any more. */
  settle(): Promise<void>;
  erase(): Promise<void>;
  /** Exports the profile. */
  pack(): Promise<Packed>;
  /** Imports it again. */
  unpack(packed: Packed): Promise<void>;
  /** The page goes, with what it still holds. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

interface Packed {
  readonly profile: unknown;
  /** What stands in it. */
  readonly deeds: readonly Deed[];
}

/** What stands behind the page. */
export interface SessionServers {
  /** Origin of the edge. */
  readonly edge: string;
  /** What is no request of the SDK: the empty page and the SDK's files. */
  readonly own: (path: string) => OwnAnswer | undefined;
}

/** What a finished ranking asks for leaves within this time, also on a busy machine. */
const QUIET_MS = 300;
/** A tab that is left gets this long for its last words. */
const FAREWELL_MS = 200;

/** Where in a life what happens, 0–1. */
const LINE_BREAKS = 0.2;
const LINE_MENDED = 0.3;
const HIDDEN = 0.4;
const SECOND_TAB = 0.5;
const RELOAD = 0.6;
const TAB_LEFT = 0.75;

export async function openSession(
  browser: Browser,
  person: PersonOptions,
  { edge, own }: SessionServers,
): Promise<Session> {
  const requests: JudgedRequest[] = [];
  const speaking = createSpeaking();
  const before = (request: RecordedRequest) => requests.push({ ...request, speaking: speaking.most }) > 0;
  const proxy = await startRecordingProxy(edge, { own, before });
  const context = await browser.newContext({ timezoneId: "UTC" });
  const complaints: string[] = [];
  const steps = drawSteps(person.seed);
  let now = person.startMs;
  let pages = 0;
  let deeds = 0;

  const startOn = (page: Page) =>
    page.evaluate(start, { ...person, seed: person.seed * 1_000 + pages++, startMs: now });

  async function openTab(): Promise<Page> {
    const page = await openPage(context, complaints);
    await page.goto(`${proxy.url}/tab`);
    await startOn(page);
    return page;
  }

  async function step(page: Page): Promise<void> {
    const next = steps.next().value;
    now = person.startMs + next.atMs;
    speaking.begin();
    const deed = await page.evaluate(perform, { step: next, now, taste: person.taste });
    speaking.done(deed);
    if (deed) deeds++;
  }

  async function settle(): Promise<void> {
    await first.evaluate(takenIn);
    for (let known = -1; known !== requests.length;) {
      known = requests.length;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    speaking.settled();
  }

  const first = await openTab();
  return {
    requests,
    get deeds() {
      return deeds;
    },
    async until(wanted) {
      while (speaking.most < wanted) await step(first);
    },
    async live(count) {
      let second: Page | undefined;
      const at = (part: number) => Math.floor(part * count);
      for (let i = 0; i < count; i++) {
        if (i === at(LINE_BREAKS)) {
          await context.setOffline(true);
          expect((await first.evaluate(synced)).status).toBe("offline");
        }
        if (i === at(LINE_MENDED)) {
          await context.setOffline(false);
          await first.evaluate(synced);
        }
        if (i === at(HIDDEN)) await first.evaluate(hideAndShow);
        if (i === at(SECOND_TAB)) second = await openTab();
        if (i === at(RELOAD)) {
          await first.reload();
          await startOn(first);
        }
        if (i === at(TAB_LEFT)) {
          await leave(second!);
          second = undefined;
        }
        await step(second && i % 2 ? second : first);
      }
    },
    settle,
    async erase() {
      await first.evaluate(erased);
      await settle();
      speaking.clear();
    },
    pack: async () => ({ profile: await first.evaluate(exported), deeds: speaking.all() }),
    async unpack({ profile, deeds: packed }) {
      speaking.add(packed);
      expect(await first.evaluate(imported, profile)).toMatchObject({ status: "imported" });
    },
    async leave() {
      await leave(first);
      expect(complaints).toEqual([]);
    },
    async close() {
      await context.close();
      await proxy.close();
    },
  };
}

async function openPage(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  // Nothing of the test's own modules is in the page.
  await page.addInitScript(`globalThis.seeded = ${seeded.toString()}`);
  return page;
}

/** Going away, a page sends what it still holds; a page that is closed at once would not. */
async function leave(page: Page): Promise<void> {
  await page.goto("about:blank");
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  await page.close();
}
