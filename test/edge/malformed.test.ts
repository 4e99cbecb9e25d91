// Requests that are wrong in every way there is, half of them nearly right, at a real edge: each is answered in time with
// a success or an error of the caller that has a code, and the edge is afterwards as it was.
//
// `npm run test:malformed` sends a hundred thousand; NEARFEED_MALFORMED_SEED draws others.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ERROR_CODES, errorFromBody, type ErrorCode } from "../../shared/errors.ts";
import type { EventsAnswer } from "../../shared/protocol.ts";
import { type LocalEdge, startLocalEdge } from "../harness/local-edge.ts";
import { addressesOf, junkRequest } from "../harness/malformed/junk.ts";
import { mixedMutation, mutationsOf } from "../harness/malformed/mutations.ts";
import { NOT_PROVOKED, provokingRequests, type Provoking } from "../harness/malformed/provoking.ts";
import { type Fixture, type ValidRequest, validRequests } from "../harness/malformed/valid-requests.ts";
import { type WireRequest, wireOf } from "../harness/malformed/wire.ts";
import { activateSmall, publishSmall } from "../harness/publish-small.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";
import { listParts } from "./crash/event-log.ts";
import { ANSWER_LIMIT_MS, createSender, type Sender, type WireAnswer } from "./malformed/send.ts";

const REQUESTS = Number(process.env["NEARFEED_MALFORMED_REQUESTS"] ?? 2_000);
const SEED = Number(process.env["NEARFEED_MALFORMED_SEED"] ?? 1);
const SECRET = "publish-secret-of-the-malformed";
/** In flight at once. */
const CONNECTIONS = 16;
/** Memory is measured after each; in the second half of a long run it may grow by so much. */
const EIGHTHS = 8;
const GROWTH_SHARE = 0.15;
const SETTLED_REQUESTS = 100_000;
const MIB = 1024 * 1024;
/** A busy machine answers a hundred a second. */
const LIMIT_MS = 60_000 + REQUESTS * 20;

/** What workerd itself says of an address that is none, before the Worker sees it. */
const RUNTIME_REFUSALS = ["invalid URI"];

let state: string;
let edge: LocalEdge;
let sender: Sender;
let valid: readonly ValidRequest[];
let provoking: Provoking;
const random = seeded(SEED);
const hit = new Map<ErrorCode, number>();

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "nearfeed-malformed-"));
  edge = await startLocalEdge({ state, secret: SECRET, queue: true });
  sender = createSender(edge.url, CONNECTIONS);
  const releases = await Promise.all([1, 2, 3].map((seed) => smallRelease({ seed, createdAt: seed })));
  for (const [sequence, small] of releases.entries()) {
    await publishSmall(edge, small);
    await activateSmall(edge, small.release.id, sequence);
  }
  const [stale, , active] = releases;
  const fixture: Fixture = { active: active!, publicKey: "dev", part: "", now: Date.now, random };
  const events = validRequests(fixture).find(({ route }) => route === "POST /v1/events")!;
  await sender.send(wireOf(events, SECRET));
  const part = await vi.waitFor(
    async () => {
      const [first] = await listParts(edge);
      if (first === undefined) throw new Error("the log has no part yet");
      return first.name;
    },
    { timeout: 30_000, interval: 250 },
  );
  valid = validRequests({ ...fixture, part });
  provoking = await provokingRequests({
    valid,
    active: active!,
    stale: stale!,
    sequence: releases.length,
    secret: SECRET,
  });
});
afterAll(async () => {
  sender?.close();
  await edge?.stop();
  if (state) await rm(state, { recursive: true, force: true });
});

test("every request that malformed ones are made of is answered with a success", async () => {
  for (const each of valid) {
    const { status, text } = await sender.send(wireOf(each, SECRET));
    expect(status, `${each.route}: ${text}`).toBeLessThan(300);
  }
});

test("every error code that an edge can answer has a request that brings it about, or a reason why none can", async () => {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code] !== 0);
  expect([...Object.keys(provoking), ...Object.keys(NOT_PROVOKED)].sort()).toEqual(codes.sort());
  for (const [code, requests] of Object.entries(provoking) as [ErrorCode, WireRequest[]][]) {
    const before = await Promise.all(requests.slice(0, -1).map((each) => sender.send(each)));
    for (const { status } of before) expect(status, code).toBeLessThan(500);
    const last = requests.at(-1)!;
    const answer = await sender.send(last);
    check(last, answer);
    // A limit counts by the minute, and one may end before the last request.
    const answered = (code === "rate_limited" ? [...before, answer] : [answer]).flatMap(codesOf);
    expect(answered, `${code}: ${answer.text.slice(0, 200)}`).toContain(code);
  }
});

test(
  `${REQUESTS} malformed requests (seed ${SEED}) are answered in time, never by a failure, and leave the edge as it was`,
  { timeout: LIMIT_MS },
  async () => {
    const requests = malformed();
    let [sent, slowestMs] = [0, 0];
    const run = async (until: number) => {
      while (sent < until) {
        sent++;
        const asked = requests.next().value!;
        const answer = await sender.send(asked).catch((cause: unknown) => {
          throw new Error(`${shown(asked)} was not answered`, { cause });
        });
        slowestMs = Math.max(slowestMs, answer.elapsedMs);
        check(asked, answer);
      }
    };
    const all = (until: number) => Promise.all(Array.from({ length: CONNECTIONS }, () => run(until)));
    // Eighths of the run: in the first the engine's heaps grow to what they keep, in the last nothing may be left to grow.
    const resident: number[] = [];
    for (let eighth = 1; eighth <= EIGHTHS; eighth++) {
      await all(Math.floor((REQUESTS * eighth) / EIGHTHS));
      resident.push(await edge.residentBytes());
    }
    expect(slowestMs).toBeLessThan(ANSWER_LIMIT_MS);
    const half = resident.slice(EIGHTHS / 2);
    if (REQUESTS >= SETTLED_REQUESTS) expect(half.at(-1)).toBeLessThan(half[0]! * (1 + GROWTH_SHARE));
    expect(edge.output()).not.toMatch(/"code":"internal"/);
    for (const each of valid) expect((await sender.send(wireOf(each, SECRET))).status, each.route).toBeLessThan(500);
    const codes = Object.fromEntries([...hit].sort(([, a], [, b]) => b - a));
    console.log({
      requests: sent,
      slowestMs: Math.round(slowestMs),
      residentMiB: resident.map((bytes) => Math.round(bytes / MIB)),
      codes,
    });
  },
);

/** Half of them mutations: each single one in an order that is drawn, then several at once. The others were never right. */
function* malformed(): Generator<WireRequest, undefined> {
  const singles = valid.flatMap((each) => [...mutationsOf(each, SECRET)]);
  shuffle(singles);
  const known = addressesOf(valid.map((each) => wireOf(each, SECRET)));
  for (;;) {
    yield singles.pop() ?? mixedMutation(valid[Math.floor(random() * valid.length)]!, SECRET, random);
    yield junkRequest(random, known, SECRET);
  }
}

function shuffle(list: unknown[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}

/** @throws Error where the answer is no success, and not an error of the caller as the API describes it */
function check(asked: WireRequest, answer: WireAnswer): void {
  for (const code of codesOf(answer)) hit.set(code, (hit.get(code) ?? 0) + 1);
  const { status, text } = answer;
  const hasNoBody = asked.method === "HEAD" || status < 400;
  const error = hasNoBody ? undefined : errorFromBody(parsed(text));
  const isOfRuntime = status === 400 && RUNTIME_REFUSALS.includes(text);
  const isAsDescribed = hasNoBody || isOfRuntime || (error !== undefined && ERROR_CODES[error.code] === status);
  if (status < 500 && isAsDescribed) return;
  throw new Error(`${shown(asked)} was answered ${status}: ${text.slice(0, 300)}`);
}

/** The codes of an answer: of its error, or of its verdicts on events. */
function codesOf({ text }: WireAnswer): ErrorCode[] {
  const body = parsed(text);
  const error = errorFromBody(body);
  if (error !== undefined) return [error.code];
  const { verdicts } = (body ?? {}) as Partial<EventsAnswer>;
  return (verdicts ?? []).flatMap((verdict) => (verdict.accepted ? [] : [verdict.error.code]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function shown({ method, target, headers, body }: WireRequest): string {
  const said = body === undefined ? "" : ` ${JSON.stringify(Buffer.from(body.subarray(0, 400)).toString("latin1"))}`;
  return `${method} ${target.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)}${said}`;
}
