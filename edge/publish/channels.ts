// Channels in the bucket: one small object each, changed last and conditionally, so that of two publishers one wins and
// the other is told.

import { agreedChannel, nextChannel, parseChannel, parseChannelAction, servedReleases } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { Manifest } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import type { LiveView } from "../catalogue/live-view.ts";
import { jsonAnswer, logLine } from "../http/answers.ts";
import { matches } from "./blobs.ts";
import { readJson } from "../http/body.ts";
import { whileClaimed } from "./claims.ts";
import { CHANNEL_PREFIX, channelKey, releaseKey } from "./keys.ts";
import { readRelease } from "./releases.ts";
import { fromStore } from "./stored.ts";

/** Channel names; the same as in shared/channel.ts, here to keep other names away from the bucket. */
const CHANNEL_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** A new release reaches every device that asks within this time; also how long a deleted item may linger. */
const MANIFEST_MAX_AGE_SECONDS = 10;

interface StoredChannel {
  channel: Channel;
  etag: string;
}

/** `GET /v1/manifest?channel=`, with the tombstones there are. */
export async function getManifest(
  bucket: R2Bucket,
  request: Request,
  { channel: name, deleted }: { channel: string; deleted: Pick<LiveView, "tombstones" | "tombstonesVersion"> },
): Promise<Response> {
  const stored = await readChannel(bucket, name);
  if (stored === null) throw unknownChannel("?channel");
  const etag = `"${stored.etag}-${deleted.tombstonesVersion}"`;
  const headers = { "Cache-Control": `public, max-age=${MANIFEST_MAX_AGE_SECONDS}`, ETag: etag };
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const release = await readRelease(bucket, stored.channel.release);
  if (release === null) {
    throw new NearfeedError("bad_release", "the active release is gone from the bucket", { path: "channel.release" });
  }
  const canary = await canaryRelease(bucket, stored.channel);
  const isWhole = (canary === null) === (stored.channel.canary === undefined);
  const manifest: Manifest = {
    channel: stored.channel,
    release,
    ...(canary && { canary }),
    tombstones: [...deleted.tombstones],
  };
  // By its ETag a manifest without the canary would stay the canary's, long after that can be read again.
  return jsonAnswer(manifest, 200, isWhole ? headers : { "Cache-Control": "no-store" });
}

/** `GET /v1/channels/:name`: the channel alone, so that a publisher can lead it away from a release that is damaged. */
export async function getChannel(bucket: R2Bucket, name: string): Promise<Response> {
  const stored = await readChannel(bucket, name);
  if (stored === null) throw unknownChannel("name");
  return jsonAnswer(stored.channel, 200, { "Cache-Control": "no-store" });
}

/** Null also where it cannot be read: a canary must not take the active release along. */
async function canaryRelease(bucket: R2Bucket, { canary }: Channel): Promise<Release | null> {
  if (canary === undefined) return null;
  return readRelease(bucket, canary.release).catch((error: unknown) => {
    console.error(logLine(error, "canary"));
    return null;
  });
}

/** `POST /v1/channels/:name`: activate, roll back, canary …; answers the channel as it is now. */
export async function changeChannel(
  bucket: R2Bucket,
  request: Request,
  options: { name: string; now: number },
): Promise<Response> {
  const { name, now } = options;
  if (!CHANNEL_NAME.test(name)) {
    throw new NearfeedError("bad_value", "a channel name has 1–32 of a–z, 0–9 and -, a letter first", { path: "name" });
  }
  const action = parseChannelAction(await readJson(request, REQUEST_LIMITS.channelBytes));
  const stored = await readChannel(bucket, name);
  const next = agreedChannel(nextChannel(stored?.channel ?? null, name, action, now), action);
  checkStaysSigned(stored?.channel, next);
  const before = new Set(stored === null ? [] : servedReleases(stored.channel));
  // What the channel refers to already stays as long as it does, and the write below is only made on that state.
  const added = servedReleases(next).filter((release) => !before.has(release));
  const written = await whileClaimed(bucket, added.map(releaseKey), now, async () => {
    for (const release of [next.release, ...added]) {
      await checkRelease(bucket, release, next);
    }
    return bucket.put(channelKey(name), JSON.stringify(next), {
      onlyIf: stored === null ? { etagDoesNotMatch: "*" } : { etagMatches: stored.etag },
      httpMetadata: { contentType: "application/json" },
    });
  });
  if (written === null) {
    throw new NearfeedError("sequence_conflict", "the channel moved while it was being changed", {
      path: "expect",
      hint: "Read the channel again and decide anew.",
    });
  }
  return jsonAnswer(next);
}

/** Devices that check signatures would refuse an unsigned channel, and stay where they are. */
function checkStaysSigned(before: Channel | undefined, next: Channel): void {
  if (before?.signed === undefined || next.signed !== undefined) return;
  throw new NearfeedError(
    "missing_field",
    `the channel is signed by the key ${before.signed.key}, and the change is not`,
    {
      path: "channel",
      hint: "Send the channel as it will be, signed; the commands of nearfeed do with --sign-key FILE.",
    },
  );
}

/** A channel that is signed leads devices that check signatures: they would refuse a release without one. */
async function checkRelease(bucket: R2Bucket, id: string, channel: Channel): Promise<void> {
  const release = await readRelease(bucket, id);
  if (release === null) {
    throw new NearfeedError("unknown_release", `no release ${id} was published`, { path: "release" });
  }
  if (channel.signed === undefined || release.signed !== undefined) return;
  throw new NearfeedError("missing_field", `the channel is signed, and release ${id} is not`, {
    path: "release.signed",
    hint: "Publish it again with --sign-key FILE: that adds the signature.",
  });
}

/** All channels. There are few: one for everybody, some for testing. */
export async function readChannels(bucket: R2Bucket): Promise<Channel[]> {
  const { objects } = await bucket.list({ prefix: CHANNEL_PREFIX });
  const names = objects.map(({ key }) => key.slice(CHANNEL_PREFIX.length).replace(/\.json$/, ""));
  const found = await Promise.all(names.map((name) => readChannel(bucket, name)));
  return found.filter((each) => each !== null).map(({ channel }) => channel);
}

/** The releases that any channel serves. */
export function allServed(channels: readonly Channel[]): Set<string> {
  return new Set(channels.flatMap(servedReleases));
}

async function readChannel(bucket: R2Bucket, name: string): Promise<StoredChannel | null> {
  const object = CHANNEL_NAME.test(name) ? await bucket.get(channelKey(name)) : null;
  if (object === null) return null;
  const channel = await fromStore(`channel ${name}`, async () => parseChannel(await object.json()));
  return { channel, etag: object.etag };
}

function unknownChannel(path: string): NearfeedError {
  return new NearfeedError("unknown_channel", "no channel of this name exists", {
    path,
    hint: "Publish a release and activate it.",
  });
}
