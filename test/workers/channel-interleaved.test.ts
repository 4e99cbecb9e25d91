import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { parseChannel } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { interleave } from "./interleave/interleave.ts";
import type { Actor, Choice } from "./interleave/interleave.ts";
import { steppedBucket } from "./interleave/stepped-bucket.ts";
import type { Step } from "./interleave/stepped-bucket.ts";
import {
  ask,
  channelInBucket,
  checkTargets,
  emptyBucket,
  publishRequests,
  readAsDevice,
  releases,
} from "./interleave/world.ts";

// Publishers and devices at once, on two isolates that may die, their operations on the bucket in any order: every change
// that was answered happened alone, and every other was refused; a device never sees two releases in one.

const RUNS = 20;
const SEED = 1;
const TIMEOUT_MS = 60_000;
const MOST_ACTORS = 4;
const DRAWS = 1_000;
/** Of so many choices, those in which somebody dies before its operation, and those after: so that most live. */
const DIES_BEFORE = 10;
const DIES_AFTER = 10;

/** What an actor was told of a change it asked for. */
interface Told {
  readonly expect: number;
  /** The code of the error, or the channel as it is now. */
  readonly answer: string | Channel;
}

type Kind =
  | { readonly kind: "activate"; readonly release: number; readonly expect: number }
  | { readonly kind: "roll back"; readonly expect: number }
  | { readonly kind: "publish" }
  | { readonly kind: "read" };

/** Mostly right, so that many want the same step. */
const expectation = fc.constantFrom(1, 1, 1, 2);
const kinds: fc.Arbitrary<Kind> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("activate" as const), release: fc.nat(2), expect: expectation }),
  },
  fc.record({ kind: fc.constant("roll back" as const), expect: expectation }),
  fc.record({ kind: fc.constant("publish" as const) }),
  fc.record({ kind: fc.constant("read" as const) }),
);
const actorsOf = fc.array(fc.record({ isolate: fc.nat(1), kind: kinds }), { minLength: 2, maxLength: MOST_ACTORS });
/** Endless: which of those that wait, and whether it dies. Integers, because doubles are drawn near zero mostly. */
const draw = fc.nat(DRAWS - 1);
const choices = fc.infiniteStream(fc.record({ pick: draw, dies: draw }));

test(
  "changes that overlap are made one after the other or refused, whoever dies",
  { timeout: TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(actorsOf, choices, async (asked, order) => {
        await begin();
        const isolates = [createEdge(), createEdge()];
        const history: Channel[] = [];
        const look = async () => {
          const now = (await channelInBucket())!;
          const last = history.at(-1);
          if (last?.sequence === now.sequence) return expect(now).toEqual(last);
          history.push(now);
          await checkTargets(now);
        };
        await look();
        const actors = asked.map(({ isolate, kind }): Actor<Told[]> => {
          return { isolate, run: (step) => act(isolates[isolate]!, kind, step) };
        });
        const told = await interleave(actors, (waiting) => chosen(waiting, order.next().value!), look);
        // One step at a time, none left out.
        expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, i) => i + 1));
        const last = history.at(-1)!.sequence;
        for (const { expect: expected, answer } of told.flatMap((each) => each ?? [])) {
          if (typeof answer !== "string") expect(answer).toEqual(history[expected]);
          else if (answer === "sequence_conflict") expect(expected < last || expected > 1).toBe(true);
          else expect(["unknown_release", "no_previous"]).toContain(answer);
        }
        // Two that expect the same cannot both be told that they have changed it.
        const made = told.flatMap((each) => each ?? []).filter(({ answer }) => typeof answer !== "string");
        expect(new Set(made.map(({ expect: expected }) => expected)).size).toBe(made.length);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
);

/** Two releases are there, the first of them is active under the sequence 1. */
async function begin(): Promise<void> {
  await emptyBucket();
  const isolate = createEdge();
  for (const small of releases.slice(0, 2)) {
    for (const request of publishRequests(small)) await (await ask(isolate, request)).body?.cancel();
  }
  const first = { action: "activate", release: releases[0]!.release.id };
  expect((await change(isolate, first, 0, env.BUCKET)).answer).toMatchObject({ sequence: 1 });
}

async function act(isolate: ReturnType<typeof createEdge>, asked: Kind, step: Step): Promise<Told[]> {
  const bucket = steppedBucket(env.BUCKET, step);
  if (asked.kind === "read") {
    let sequence = 0;
    for (let i = 0; i < 2; i++) {
      const seen = (await readAsDevice(isolate, bucket))!;
      expect(seen.sequence).toBeGreaterThanOrEqual(sequence);
      sequence = seen.sequence;
    }
    return [];
  }
  if (asked.kind === "activate") {
    const action = { action: "activate", release: releases[asked.release]!.release.id };
    return [await change(isolate, action, asked.expect, bucket)];
  }
  if (asked.kind === "roll back") return [await change(isolate, { action: "rollback" }, asked.expect, bucket)];
  // As `nearfeed publish` does it.
  const third = releases[2]!;
  for (const request of publishRequests(third)) {
    const answer = await ask(isolate, request, bucket);
    expect([200, 201], await answer.text()).toContain(answer.status);
  }
  const { sequence } = parseChannel(await (await ask(isolate, { path: ROUTES.channel("stable") }, bucket)).json());
  return [await change(isolate, { action: "activate", release: third.release.id }, sequence, bucket)];
}

async function change(
  isolate: ReturnType<typeof createEdge>,
  action: object,
  wanted: number,
  bucket: R2Bucket,
): Promise<Told> {
  const body = JSON.stringify({ ...action, expect: wanted });
  const answer = await ask(isolate, { path: ROUTES.channel("stable"), method: "POST", body }, bucket);
  const said = await answer.json<{ error?: { code: string } }>();
  return { expect: wanted, answer: answer.ok ? parseChannel(said) : said.error!.code };
}

function chosen(waiting: readonly number[], { pick, dies }: { pick: number; dies: number }): Choice {
  const actor = waiting[pick % waiting.length]!;
  if (dies < DIES_BEFORE) return { actor, dies: "before" };
  return dies < DIES_BEFORE + DIES_AFTER ? { actor, dies: "after" } : { actor };
}
