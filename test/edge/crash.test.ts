// The edge is killed with SIGKILL in the middle of whatever it does, and started again on what it left. Nobody lends a
// hand: an interrupted command is given again, and devices send again what was not answered.
//
// `npm run test:crash` kills it often; NEARFEED_CRASH_SEED draws other moments. The tests build on each other, in this order.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { releaseFiles } from "../../shared/release.ts";
import { createEdgeClient } from "../../trainer/publish/edge-client.ts";
import { changeChannel } from "../../trainer/publish/change-channel.ts";
import { uploadRelease } from "../../trainer/publish/publish-release.ts";
import { type LocalEdge, startLocalEdge } from "../harness/local-edge.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { activateSmall, publishSmall } from "../harness/publish-small.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";
import { createLogReader } from "./crash/event-log.ts";
import { killDuring } from "./crash/kill-during.ts";
import { begunParts, nextStored } from "./crash/store-files.ts";
import { type Sent, startTraffic, type Traffic } from "./crash/traffic.ts";
import { wholeChannel } from "./crash/whole-release.ts";

const SEED = Number(process.env["NEARFEED_CRASH_SEED"] ?? 1);
/** Kills of each kind. */
const ROUNDS = Number(process.env["NEARFEED_CRASH_ROUNDS"] ?? 1);
/** From so many on, some of each kind must have fallen where they should. */
const MANY_ROUNDS = 10;
const SECRET = "publish-secret-of-the-crash-tests";
/** Some MB of files, so that there is time to be killed while one of them is sent. */
const ITEMS = 20_000;
const DIM = 32;
/** An upload asks for each of six files and sends it, and then sends the release; a change reads the channel and posts. */
const UPLOAD_REQUESTS = 13;
const CHANGE_REQUESTS = 2;
/** The longest of these requests takes about so long; a kill falls anywhere in it, or just behind. */
const REQUEST_MS = 25;
/** A kill falls within this after the devices have begun. */
const INSERT_MS = 600;
/** A device's flush; and one after a long time offline, of which many make parts that take a while to write. */
const FEW_EVENTS = 20;
const MANY_EVENTS = 250;
/** Of the first part that is written, and of those of the other stores, which come with it: a kill falls in them. */
const FLUSH_MS = 25;
/** A store gathers for five seconds; a restart and a slow machine come on top. */
const LOG_LIMIT_MS = 40_000;
const ROUND_LIMIT_MS = 90_000;

const random = seeded(SEED);
const loggedIds = createLogReader();
const sent: Sent = { accepted: new Set(), unanswered: [], answers: 0 };
const underWay = { publish: 0, activate: 0, flush: 0 };
let state: string;
let edge: LocalEdge;
let traffic: Traffic;
let made = 0;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "nearfeed-crash-"));
  await start();
  const first = await nextRelease();
  await publishSmall(edge, first.small);
  await activateSmall(edge, first.small.release.id, 0);
});
afterAll(async () => {
  await edge?.kill();
  if (state) await rm(state, { recursive: true, force: true });
});

const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

describe(`killed with SIGKILL (seed ${SEED})`, () => {
  test.each(rounds)(
    "during a publish, round %i: the channel stays, and the same command ends it",
    async () => {
      withTraffic();
      const before = await wholeChannel(edge.url);
      const { small, folder } = await nextRelease();
      const during = killDuring(kill, integer(UPLOAD_REQUESTS), random() * REQUEST_MS);
      await uploadRelease(client(during.fetch), folder).catch(() => undefined);
      if (await during.killed()) underWay.publish++;
      await restart();
      expect(await wholeChannel(edge.url)).toEqual(before);
      await nearfeed(["publish", folder], edge);
      const after = await wholeChannel(edge.url);
      expect(after).toMatchObject({
        release: small.release.id,
        previous: before.release,
        sequence: before.sequence + 1,
      });
    },
    ROUND_LIMIT_MS,
  );

  test.each(rounds)(
    "during an activation, round %i: the channel is as it was or as it should be",
    async () => {
      const before = await wholeChannel(edge.url);
      const { small } = await nextRelease();
      await publishSmall(edge, small);
      withTraffic();
      const during = killDuring(kill, integer(CHANGE_REQUESTS), random() * REQUEST_MS * 0.4);
      const change = { action: "activate", release: small.release.id } as const;
      await changeChannel(client(during.fetch), "stable", change).catch(() => undefined);
      if (await during.killed()) underWay.activate++;
      await restart();
      const left = await wholeChannel(edge.url);
      if (left.sequence !== before.sequence) {
        expect(left).toMatchObject({
          release: small.release.id,
          previous: before.release,
          sequence: before.sequence + 1,
        });
      } else expect(left).toEqual(before);
      await nearfeed(["activate", small.release.id], edge);
      const after = await wholeChannel(edge.url);
      expect(after).toMatchObject({ release: small.release.id, previous: before.release, sequence: left.sequence + 1 });
    },
    ROUND_LIMIT_MS,
  );

  test.each(rounds)(
    "while events are inserted, round %i: they are in the log without anybody asking",
    async () => {
      withTraffic();
      await sleep(random() * INSERT_MS);
      await kill();
      await restart();
      // Nothing is sent meanwhile: the stores must wake by themselves.
      await expectInLog();
    },
    ROUND_LIMIT_MS,
  );

  test.each(rounds)(
    "while events are written to the log, round %i: each is there once",
    async () => {
      withTraffic(MANY_EVENTS);
      await nextStored(state);
      await sleep(random() * FLUSH_MS);
      await kill();
      if ((await begunParts(state)) > 0) underWay.flush++;
      await restart();
      await expectInLog();
    },
    ROUND_LIMIT_MS,
  );
});

test("events that were not answered are sent again, and then the log has every event once", async () => {
  withTraffic();
  await expect.poll(() => sent.unanswered.length, { timeout: LOG_LIMIT_MS }).toBeLessThanOrEqual(1);
  await traffic.stop();
  expect(sent.unanswered).toEqual([]);
  await expectInLog();
  expect(sent.answers).toBeGreaterThan(ROUNDS);
  expect(sent.accepted.size).toBeGreaterThan(0);
  if (ROUNDS >= MANY_ROUNDS) expect(Math.min(...Object.values(underWay))).toBeGreaterThan(0);
  console.log(`${4 * ROUNDS} kills, under way: ${JSON.stringify(underWay)}; ${sent.accepted.size} events accepted`);
});

async function start(): Promise<void> {
  edge = await startLocalEdge({ state, secret: SECRET, queue: false });
}

function withTraffic(envelopeEvents = FEW_EVENTS): void {
  traffic = startTraffic(edge.url, sent, random, envelopeEvents);
}

async function kill(): Promise<void> {
  traffic.expectSilence();
  await edge.kill();
}

async function restart(): Promise<void> {
  await traffic.stop();
  await start();
}

/** Every event that was accepted is in the log, and no event is there twice. */
async function expectInLog(): Promise<void> {
  const lost = async () => {
    const logged = new Set(await loggedIds(edge));
    return [...sent.accepted].filter((id) => !logged.has(id)).length;
  };
  await expect.poll(lost, { timeout: LOG_LIMIT_MS, interval: 500 }).toBe(0);
  const ids = await loggedIds(edge);
  expect(new Set(ids).size).toBe(ids.length);
}

/** A release that was not there before, and the folder of it. */
async function nextRelease() {
  const small = await smallRelease({ items: ITEMS, dim: DIM, seed: SEED * 1_000 + made, createdAt: ++made });
  const folder = join(state, `release-${made}`);
  await mkdir(folder);
  for (const { name, sha256 } of releaseFiles(small.release)) {
    await writeFile(join(folder, name), small.blobs.get(sha256)!);
  }
  await writeFile(join(folder, "release.json"), small.json);
  return { small, folder };
}

function client(fetch: typeof globalThis.fetch) {
  return createEdgeClient({ edge: edge.url, secret: SECRET, fetch });
}

function integer(below: number): number {
  return Math.floor(random() * below);
}
