import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { releaseKey } from "../../edge/publish/keys.ts";
import { nextChannel } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { parseManifest } from "../../shared/protocol.ts";
import type { Manifest } from "../../shared/protocol.ts";
import { releaseId } from "../../shared/release.ts";
import { makeKey } from "../harness/signing.ts";
import { digest, smallRelease, text } from "../harness/small-release.ts";
import { activate, call, expectError, goLive, ORIGIN, publish, publisher, uploadBlobs } from "./edge.ts";

beforeEach(reset);

const one = await smallRelease({ createdAt: 1 });
const two = await smallRelease({ createdAt: 2, seed: 2 });
const three = await smallRelease({ createdAt: 3, seed: 3 });
const activation = { action: "activate", release: one.release.id } as const;

async function manifest(): Promise<Manifest> {
  const answer = await call("/v1/manifest");
  expect(answer.status).toBe(200);
  return parseManifest(await answer.json());
}

describe("a release", () => {
  test("is live once it is published and activated, and the manifest says all a device needs", async () => {
    await goLive(one);
    const { channel, release, tombstones } = await manifest();
    expect(channel).toMatchObject({ channel: "stable", release: one.release.id, previous: null, sequence: 1 });
    expect(channel.expiresAt).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(release).toEqual(one.release);
    expect(tombstones).toEqual([]);
  });

  test("may be published twice, and is then the same", async () => {
    await publish(one);
    const again = await publisher(`/v1/releases/${one.release.id}`, { method: "PUT", body: one.json });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ id: one.release.id, created: false });
  });

  test("cannot be changed: other content has another id", async () => {
    await publish(one);
    const changed = JSON.stringify({ ...one.release, createdAt: 9 });
    const answer = await publisher(`/v1/releases/${one.release.id}`, { method: "PUT", body: changed });
    expect(await expectError(answer, 422, "hash_mismatch")).toBe("id");
    await activate(one.release.id, 0);
    expect((await manifest()).release.createdAt).toBe(1);
  });

  test("is refused while one of its files is absent, by the name of that file", async () => {
    await uploadBlobs(one, (sha256) => sha256 !== one.release.files.neighbours.sha256);
    const answer = await publisher(`/v1/releases/${one.release.id}`, { method: "PUT", body: one.json });
    expect(await expectError(answer, 409, "incomplete_release")).toBe("files.neighbours");
  });

  test("is refused when a file is damaged in itself, before anything can point at it", async () => {
    const bytes = one.blobs.get(one.release.files.index.sha256)!.slice(0, -5);
    const sha256 = await digest(bytes);
    const small = { ...one, blobs: new Map(one.blobs).set(sha256, bytes) };
    await uploadBlobs(small);
    const index = { ...one.release.files.index, sha256, bytes: bytes.length };
    const costs = { ...one.release.costs!, device: one.release.costs!.device - 5 };
    const broken = { ...one.release, costs, files: { ...one.release.files, index } };
    broken.id = await releaseId(broken, { digest, text });
    const answer = await publisher(`/v1/releases/${broken.id}`, { method: "PUT", body: JSON.stringify(broken) });
    expect(await expectError(answer, 422, "bad_format")).toMatch(/^files\.index/);
    expect((await activate(broken.id, 0)).status).toBe(404);
  });

  test("is refused when its index is of another space than it says", async () => {
    const other = await smallRelease({ space: "other-space" });
    const { index } = other.release.files;
    const device = one.release.costs!.device + index.bytes - one.release.files.index.bytes;
    const files = { ...one.release.files, index };
    const mixed = { ...one.release, costs: { ...one.release.costs!, device }, files };
    mixed.id = await releaseId(mixed, { digest, text });
    await uploadBlobs(one);
    await uploadBlobs(other);
    const answer = await publisher(`/v1/releases/${mixed.id}`, { method: "PUT", body: JSON.stringify(mixed) });
    expect(await expectError(answer, 400, "wrong_space")).toBe("space");
  });
});

describe("a signature", () => {
  const change = (action: object) => publisher("/v1/channels/stable", { method: "POST", body: JSON.stringify(action) });

  test("reaches devices as the publisher made it, on the release and on the channel", async () => {
    const key = await makeKey();
    const release = await key.sign(one.release);
    await uploadBlobs(one);
    await publisher(`/v1/releases/${release.id}`, { method: "PUT", body: JSON.stringify(release) });
    const channel = await key.sign(nextChannel(null, "stable", { ...activation, expect: 0 }, Date.now() - 60_000));
    expect((await change({ ...activation, expect: 0, channel })).status).toBe(200);
    expect(await manifest()).toEqual({ channel, release, tombstones: [] });
  });

  test("over another channel than the edge makes is refused, by the field that differs", async () => {
    const key = await makeKey();
    await publish(one);
    await publish(two);
    const channel = await key.sign(
      nextChannel(null, "stable", { ...activation, release: two.release.id, expect: 0 }, Date.now()),
    );
    const answer = await change({ ...activation, expect: 0, channel });
    expect(await expectError(answer, 400, "bad_value")).toBe("channel.release");
    await expectError(await call("/v1/manifest"), 404, "unknown_channel");
  });

  test("of a channel is not lost by a change that is unsigned, of whatever kind", async () => {
    const key = await makeKey();
    await publish(two);
    const release = await key.sign(one.release);
    await uploadBlobs(one);
    await publisher(`/v1/releases/${release.id}`, { method: "PUT", body: JSON.stringify(release) });
    const channel = await key.sign(nextChannel(null, "stable", { ...activation, expect: 0 }, Date.now()));
    await change({ ...activation, expect: 0, channel });
    for (const action of [
      { ...activation },
      { action: "rules", rules: [{ kind: "bury", item: "item-1", until: 8e12 }] },
      { action: "canary", release: two.release.id, percent: 5 },
    ]) {
      expect(await expectError(await change({ ...action, expect: 1 }), 400, "missing_field")).toBe("channel");
    }
    expect((await manifest()).channel).toEqual(channel);
  });

  test("of a release may be added or made by another key later, and is not lost by publishing it unsigned", async () => {
    await goLive(one);
    for (const key of [await makeKey(), await makeKey()]) {
      const release = await key.sign(one.release);
      const again = await publisher(`/v1/releases/${release.id}`, { method: "PUT", body: JSON.stringify(release) });
      expect([again.status, await again.json<object>()]).toEqual([200, expect.objectContaining({ created: false })]);
      expect((await manifest()).release).toEqual(release);
      await publish(one);
      expect((await manifest()).release).toEqual(release);
    }
  });
});

describe("a publish that breaks off", () => {
  test("leaves the old release active at every step", async () => {
    await goLive(one);
    const hashes = [...two.blobs.keys()];
    for (let done = 0; done <= hashes.length; done++) {
      await uploadBlobs(two, (sha256) => hashes.indexOf(sha256) < done);
      expect((await manifest()).channel).toMatchObject({ release: one.release.id, sequence: 1 });
      expect((await activate(two.release.id, 1)).status).toBe(404);
    }
    await publish(two);
    expect((await manifest()).channel.release).toBe(one.release.id);
    expect((await activate(two.release.id, 1)).status).toBe(200);
    expect((await manifest()).channel).toMatchObject({ release: two.release.id, previous: one.release.id });
  });

  test.each([
    ["errors", 400, "bad_value"],
    ["closes", 422, "hash_mismatch"],
  ])("in the middle of a file stores nothing of it, when the body %s", async (how, status, code) => {
    const [[sha256, bytes]] = one.blobs;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 100));
        if (how === "errors") controller.error(new Error("the publisher was killed"));
        else controller.close();
      },
    });
    const request = new Request(`${ORIGIN}/v1/blobs/${sha256}`, {
      method: "PUT",
      body,
      headers: { Authorization: `Bearer ${env.PUBLISH_SECRET}`, "Content-Length": String(bytes.length) },
    });
    const answer = await createEdge().fetch(request, env, createExecutionContext());
    await expectError(answer, status, code);
    expect(await env.BUCKET.head(`blobs/${sha256}`)).toBeNull();
  });
});

describe("a channel", () => {
  test("rolls back under a higher sequence, and forth again", async () => {
    await goLive(one);
    await goLive(two, 1);
    const back = await publisher("/v1/channels/stable", { method: "POST", body: '{"action":"rollback","expect":2}' });
    expect(back.status).toBe(200);
    expect(await back.json<Channel>()).toMatchObject({
      release: one.release.id,
      previous: two.release.id,
      sequence: 3,
    });
    const forth = await publisher("/v1/channels/stable", { method: "POST", body: '{"action":"rollback","expect":3}' });
    expect(await forth.json<Channel>()).toMatchObject({
      release: two.release.id,
      previous: one.release.id,
      sequence: 4,
    });
  });

  test("can be read by its publisher, and led away from a release that is damaged", async () => {
    await expectError(await publisher("/v1/channels/stable"), 404, "unknown_channel");
    await goLive(one);
    await env.BUCKET.put(releaseKey(one.release.id), one.json.replace('"dim":', '"dims":'));
    await expectError(await call("/v1/manifest"), 503, "bad_release");
    await expectError(await call("/v1/channels/stable"), 401, "unauthorized");
    const channel = await (await publisher("/v1/channels/stable")).json<Channel>();
    expect(channel).toMatchObject({ release: one.release.id, sequence: 1 });
    await goLive(two, channel.sequence);
    expect((await manifest()).release.id).toBe(two.release.id);
  });

  test("refuses a change made on an older state", async () => {
    await goLive(one);
    await publish(two);
    expect(await expectError(await activate(two.release.id, 0), 409, "sequence_conflict")).toBe("expect");
    expect(await expectError(await activate(two.release.id, 2), 409, "sequence_conflict")).toBe("expect");
    expect((await manifest()).channel.sequence).toBe(1);
  });

  test("lets one of several simultaneous publishers win and tells the others", async () => {
    await goLive(one);
    await publish(two);
    await publish(three);
    const rivals = [two, three, two, three].map(({ release }) => activate(release.id, 1));
    const statuses = (await Promise.all(rivals)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409, 409, 409]);
    expect((await manifest()).channel.sequence).toBe(2);
  });

  test("has nothing to roll back to at first", async () => {
    await goLive(one);
    const answer = await publisher("/v1/channels/stable", { method: "POST", body: '{"action":"rollback","expect":1}' });
    await expectError(answer, 409, "no_previous");
  });

  test("does not point at a release that was never published", async () => {
    const answer = await activate("0".repeat(32), 0);
    expect(await expectError(answer, 404, "unknown_release")).toBe("release");
  });

  test("that nobody made is unknown", async () => {
    expect(await expectError(await call("/v1/manifest"), 404, "unknown_channel")).toBe("?channel");
    expect(await expectError(await call("/v1/manifest?channel=../x"), 404, "unknown_channel")).toBe("?channel");
  });
});

describe("the manifest", () => {
  test("answers 304 to whoever has it, until the channel moves", async () => {
    await goLive(one);
    const first = await call("/v1/manifest");
    const etag = first.headers.get("ETag")!;
    expect(first.headers.get("Cache-Control")).toMatch(/^public, max-age=\d+$/);
    const again = await call("/v1/manifest", { headers: { "If-None-Match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    await goLive(two, 1);
    expect((await call("/v1/manifest", { headers: { "If-None-Match": etag } })).status).toBe(200);
  });
});

describe("the publish secret", () => {
  const routes = [
    ["PUT", `/v1/blobs/${"0".repeat(64)}`],
    ["PUT", `/v1/releases/${"0".repeat(32)}`],
    ["POST", "/v1/channels/stable"],
  ] as const;
  test.each(routes)("is needed for %s %s", async (method, path) => {
    for (const authorization of [
      undefined,
      "Bearer",
      "Bearer wrong",
      "Basic dGVzdA==",
      `Bearer ${env.PUBLISH_SECRET}x`,
    ]) {
      const headers: HeadersInit = authorization === undefined ? {} : { Authorization: authorization };
      const answer = await call(path, { method, headers, body: "{}" });
      expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
      await expectError(answer, 401, "unauthorized");
    }
  });
});
