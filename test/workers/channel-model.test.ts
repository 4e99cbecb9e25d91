import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { ROUTES } from "../../shared/protocol.ts";
import {
  ask,
  channelInBucket,
  checkTargets,
  collectGarbage,
  LATER_MS,
  emptyBucket,
  isPublished,
  type Isolate,
  publishRequests,
  readAsDevice,
  readCandidates,
  releases,
} from "./interleave/world.ts";
import { type Crash, crashStep, steppedBucket } from "./interleave/stepped-bucket.ts";

// Publishing, activating, rolling back, collecting garbage and dying, in any order and on two isolates, held to a model that is a few lines: a
// set of releases and a channel.

const RUNS = 15;
const SEED = 1;
const COMMANDS = 25;
/** A publish has some forty operations, as a collection has, a change of a channel eight. */
const PUBLISH_OPERATIONS = 40;
const CHANGE_OPERATIONS = 8;
const COLLECT_OPERATIONS = 40;
const TIMEOUT_MS = 60_000;

interface Pointed {
  readonly release: string;
  readonly previous: string | null;
  readonly sequence: number;
}

interface Model {
  readonly published: Set<string>;
  /** Its sequence only rises, and so the bucket's must. */
  channel: Pointed | null;
}

interface Real {
  readonly isolates: Isolate[];
  readonly clock: Clock;
}

/** Of all isolates; the bucket has its own, which says when things were stored. */
interface Clock {
  nowMs: number;
}

const isolateAt = (clock: Clock): Isolate => createEdge({ now: () => clock.nowMs });

type Command = fc.AsyncCommand<Model, Real>;

/** Whether it came to its end: false where the isolate died, and is replaced by a new one. */
async function perform(
  real: Real,
  at: number,
  crash: Crash | null,
  work: (isolate: Isolate, bucket: R2Bucket) => Promise<void>,
) {
  const isolate = real.isolates[at]!;
  if (crash === null) {
    await work(isolate, env.BUCKET);
    return true;
  }
  const { step, crashed } = crashStep(crash);
  const ended = work(isolate, steppedBucket(env.BUCKET, step)).then(() => true);
  if (await Promise.race([ended, crashed.then(() => false)])) return true;
  real.isolates[at] = isolateAt(real.clock);
  return false;
}

const publish = (release: number, at: number, crash: Crash | null): Command => ({
  check: () => true,
  async run(model, real) {
    const small = releases[release]!;
    const { id } = small.release;
    const ended = await perform(real, at, crash, async (isolate, bucket) => {
      for (const asked of publishRequests(small)) {
        const answer = await ask(isolate, asked, bucket);
        expect([200, 201], await answer.text()).toContain(answer.status);
      }
    });
    const isThere = await isPublished(id);
    // A publish that broke off may have left it or not, whole or not at all.
    if (ended || model.published.has(id)) expect(isThere).toBe(true);
    if (isThere) model.published.add(id);
    await expectChannel(model);
  },
  toString: () => `publish ${release} at ${at}${crashText(crash)}`,
});

/** @param ahead how far the publisher's knowledge of the sequence is off */
const change = (release: number | null, ahead: number, at: number, crash: Crash | null): Command => ({
  check: () => true,
  async run(model, real) {
    const sequence = model.channel?.sequence ?? 0;
    const wanted = Math.max(0, sequence + ahead);
    const id = release === null ? null : releases[release]!.release.id;
    const action = id === null ? { action: "rollback" } : { action: "activate", release: id };
    const expected = outcome(model, id, wanted);
    const body = JSON.stringify({ ...action, expect: wanted });
    const ended = await perform(real, at, crash, async (isolate, bucket) => {
      const answer = await ask(isolate, { path: ROUTES.channel("stable"), method: "POST", body }, bucket);
      const said = await answer.json<{ error?: { code: string } }>();
      expect(said.error?.code ?? said).toEqual(
        typeof expected === "string" ? expected : expect.objectContaining(expected),
      );
      expect(answer.status).toBe(typeof expected !== "string" ? 200 : expected.startsWith("unknown") ? 404 : 409);
    });
    // If it died, nobody was told, and the channel may be the old one or the new one.
    const isChanged = async (to: Pointed) => ended || (await channelInBucket())?.sequence === to.sequence;
    if (typeof expected !== "string" && (await isChanged(expected))) model.channel = expected;
    await expectChannel(model);
  },
  toString: () =>
    `${release === null ? "roll back" : `activate ${release}`} ahead ${ahead} at ${at}${crashText(crash)}`,
});

/** A day later, so that whatever was stored may be garbage, and no flag of the dead holds. */
const collect = (at: number, crash: Crash | null): Command => ({
  check: () => true,
  async run(model, real) {
    real.clock.nowMs += LATER_MS;
    const ended = await perform(real, at, crash, async (isolate, bucket) => {
      expect(await collectGarbage(isolate, bucket)).toBe(200);
    });
    if (!ended) real.clock.nowMs += LATER_MS;
    const served = [model.channel?.release, model.channel?.previous];
    for (const { release } of releases) {
      const isThere = await isPublished(release.id);
      if (served.includes(release.id)) expect(isThere).toBe(true);
      // Where it came to its end, all that is left is served.
      else if (ended) expect(isThere).toBe(false);
      if (!isThere) model.published.delete(release.id);
    }
    await expectChannel(model);
  },
  toString: () => `collect at ${at}${crashText(crash)}`,
});

const read = (at: number): Command => ({
  check: () => true,
  async run({ published, channel }, { isolates }) {
    const isolate = isolates[at]!;
    const seen = await readAsDevice(isolate);
    if (channel === null) expect(seen).toBeNull();
    else expect(seen).toMatchObject(channel);
    for (const { release } of releases) {
      const status = await readCandidates(isolate, release.id);
      // The other isolate may have moved the channel within the last seconds: what it served is served on meanwhile.
      if (release.id === channel?.release || release.id === channel?.previous) expect(status).toBe(200);
      else expect([200, published.has(release.id) ? 409 : 404]).toContain(status);
    }
  },
  toString: () => `read at ${at}`,
});

/** What a change must answer: an error's code, or the channel. */
function outcome({ channel, published }: Model, id: string | null, wanted: number): string | Pointed {
  if (wanted !== (channel?.sequence ?? 0)) return "sequence_conflict";
  const sequence = wanted + 1;
  if (id === null) {
    if (channel === null) return "unknown_channel";
    return channel.previous === null
      ? "no_previous"
      : { release: channel.previous, previous: channel.release, sequence };
  }
  if (!published.has(id)) return "unknown_release";
  return { release: id, previous: channel?.release === id ? channel.previous : (channel?.release ?? null), sequence };
}

/** The bucket has the model's channel, and all that it points at. */
async function expectChannel({ channel }: Model): Promise<void> {
  const left = await channelInBucket();
  if (channel === null) return expect(left).toBeNull();
  expect(left).toMatchObject(channel);
  await checkTargets(left!);
}

function crashText(crash: Crash | null): string {
  return crash === null ? "" : `, dying ${crash.when} operation ${crash.at}`;
}

const isolateNumber = fc.nat(1);
const releaseNumber = fc.nat(releases.length - 1);
const crashWithin = (operations: number) =>
  fc.option(fc.record({ at: fc.nat(operations), when: fc.constantFrom("before" as const, "after" as const) }), {
    nil: null,
    freq: 2,
  });
/** Mostly right. */
const ahead = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) },
);

const commands = fc.commands(
  [
    fc.tuple(releaseNumber, isolateNumber, crashWithin(PUBLISH_OPERATIONS)).map((args) => publish(...args)),
    fc.tuple(releaseNumber, ahead, isolateNumber, crashWithin(CHANGE_OPERATIONS)).map((args) => change(...args)),
    fc.tuple(ahead, isolateNumber, crashWithin(CHANGE_OPERATIONS)).map((args) => change(null, ...args)),
    fc.tuple(isolateNumber, crashWithin(COLLECT_OPERATIONS)).map((args) => collect(...args)),
    isolateNumber.map(read),
  ],
  { maxCommands: COMMANDS, size: "max" },
);

test(
  "whatever is published, activated, rolled back and killed, the channel is the model's",
  { timeout: TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (given) => {
        await emptyBucket();
        const model: Model = { published: new Set(), channel: null };
        const clock = { nowMs: Date.now() };
        const real: Real = { isolates: [isolateAt(clock), isolateAt(clock)], clock };
        await fc.asyncModelRun(() => ({ model, real }), given);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
);
