import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { releaseKey } from "../../edge/publish/keys.ts";
import { nextChannel } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { parseManifest } from "../../shared/protocol.ts";
import type { Manifest } from "../../shared/protocol.ts";
import { makeKey } from "../harness/signing.ts";
import type { TestKey } from "../harness/signing.ts";
import { smallRelease } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { call, expectError, goLive, publish, publisher } from "./edge.ts";

beforeEach(reset);

const [before, active, canary, other] = await Promise.all(
  [1, 2, 3, 4].map((seed) => smallRelease({ createdAt: seed, seed })),
);

const change = (action: object) => publisher("/v1/channels/stable", { method: "POST", body: JSON.stringify(action) });
const start = (release: string) => call(`/v1/${release}/start`);

async function manifest(): Promise<Manifest> {
  const answer = await call("/v1/manifest");
  expect(answer.status).toBe(200);
  return parseManifest(await answer.json());
}

const signed = async (small: SmallRelease, key: TestKey): Promise<SmallRelease> => ({
  ...small,
  json: JSON.stringify(await key.sign(small.release)),
});

/** An edge with an active release, one before it, and a canary. */
async function withCanary(percent = 10): Promise<Channel> {
  await goLive(before!);
  await goLive(active!, 1);
  await publish(canary!);
  const answer = await change({ action: "canary", release: canary!.release.id, percent, expect: 2 });
  expect(answer.status).toBe(200);
  return answer.json();
}

test("a canary is in the manifest, whole, beside the active release", async () => {
  const channel = await withCanary();
  expect(await manifest()).toEqual({
    channel,
    release: active!.release,
    canary: canary!.release,
    tombstones: [],
  });
  expect(channel).toMatchObject({
    release: active!.release.id,
    previous: before!.release.id,
    canary: { release: canary!.release.id, percent: 10 },
    sequence: 3,
  });
});

test("the active release, the one before it and the canary are served, and any other is stale", async () => {
  await withCanary();
  await publish(other!);
  for (const { release } of [before!, active!, canary!]) expect((await start(release.id)).status).toBe(200);
  const refused = await start(other!.release.id);
  const body = await refused.clone().json<{ error: { hint: string } }>();
  expect(await expectError(refused, 409, "stale_release")).toBe("release");
  expect(body.error.hint).toContain(active!.release.id);
});

test("promoted, it is the active release, and one rollback goes back to what was active", async () => {
  const { sequence } = await withCanary();
  const promoted = await (await change({ action: "promote", expect: sequence })).json<Channel>();
  expect(promoted).toMatchObject({ release: canary!.release.id, previous: active!.release.id });
  expect(await manifest()).toEqual({ channel: promoted, release: canary!.release, tombstones: [] });
  await expectError(await start(before!.release.id), 409, "stale_release");
  const back = await (await change({ action: "rollback", expect: promoted.sequence })).json<Channel>();
  expect(back).toMatchObject({ release: active!.release.id, previous: canary!.release.id });
});

test("cancelled, it is stale, and the manifest is as it was before", async () => {
  const { sequence } = await withCanary();
  const cancelled = await (await change({ action: "cancel", expect: sequence })).json<Channel>();
  expect(await manifest()).toEqual({ channel: cancelled, release: active!.release, tombstones: [] });
  await expectError(await start(canary!.release.id), 409, "stale_release");
  await expectError(await change({ action: "cancel", expect: cancelled.sequence }), 409, "no_canary");
});

test("one that was never published is refused", async () => {
  await goLive(active!);
  const answer = await change({ action: "canary", release: "0".repeat(32), percent: 10, expect: 1 });
  expect(await expectError(answer, 404, "unknown_release")).toBe("release");
  expect((await manifest()).channel.sequence).toBe(1);
});

test("one that is damaged in the bucket does not take the active release along", async () => {
  await withCanary();
  await env.BUCKET.put(releaseKey(canary!.release.id), canary!.json.replace('"dim":', '"dims":'));
  const whole = (await call("/v1/manifest")).headers;
  const { release, ...rest } = await manifest();
  expect(release).toEqual(active!.release);
  expect(rest).not.toHaveProperty("canary");
  // Whoever asks then asks again: by an ETag the answer would stay when the canary can be read again.
  expect([whole.get("ETag"), whole.get("Cache-Control")]).toEqual([null, "no-store"]);
});

test("a page that has the manifest hears of a canary, of another percentage and of its end", async () => {
  await goLive(active!);
  await publish(canary!);
  let etag = (await call("/v1/manifest")).headers.get("ETag")!;
  const wanted = { action: "canary", release: canary!.release.id } as const;
  for (const [expected, action] of [
    { ...wanted, percent: 5 },
    { ...wanted, percent: 50 },
    { action: "cancel" },
  ].entries()) {
    expect((await change({ ...action, expect: expected + 1 })).status).toBe(200);
    const answer = await call("/v1/manifest", { headers: { "If-None-Match": etag } });
    expect(answer.status).toBe(200);
    etag = answer.headers.get("ETag")!;
  }
});

test("signed by the publisher, it reaches devices as it was signed; with another percentage it is refused", async () => {
  const key = await makeKey();
  await goLive(await signed(active!, key));
  await publish(await signed(canary!, key));
  const current = (await manifest()).channel;
  const action = { action: "canary", release: canary!.release.id, percent: 12.5, expect: 1 } as const;
  const channel = await key.sign(nextChannel(current, "stable", action, Date.now()));
  const answer = await change({ ...action, percent: 50, channel });
  expect(await expectError(answer, 400, "bad_value")).toBe("channel.canary");
  expect((await change({ ...action, channel })).status).toBe(200);
  expect((await manifest()).channel).toEqual(channel);
});

test("a signed channel does not lead to a release without a signature, which devices would refuse", async () => {
  const key = await makeKey();
  await goLive(await signed(active!, key));
  await publish(other!);
  const { channel } = await manifest();
  const action = { action: "activate", release: other!.release.id, expect: 1 } as const;
  const asked = async () => ({
    ...action,
    channel: await key.sign(nextChannel(channel, "stable", action, Date.now())),
  });
  expect(await expectError(await change(await asked()), 400, "missing_field")).toBe("release.signed");
  expect((await manifest()).channel).toEqual(channel);
  await publish(await signed(other!, key));
  expect((await change(await asked())).status).toBe(200);
});
