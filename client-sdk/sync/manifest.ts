/** What the edge says is current for this device: the channel and a release, checked before anything is believed. */
import { NearfeedError } from "../../shared/errors.ts";
import { parseManifest, ROUTES } from "../../shared/protocol.ts";
import type { Manifest } from "../../shared/protocol.ts";
import { releaseId } from "../../shared/release.ts";
import { sha256, textCodec } from "../runtime.ts";
import { takesCanary } from "./canary.ts";
import { get, parseJson } from "./http.ts";
import type { Send } from "./http.ts";

/**
 * Fetches the manifest. The browser asks by ETag itself (`no-cache`), so an unchanged one costs no body.
 *
 * @param bucket see `canary.ts`; asked for only where there is a canary
 * @returns `release` is the canary where this device takes it
 * @throws NearfeedError `offline`, `bad_answer`, `bad_release`, or what the edge objected to
 */
export async function fetchManifest(
  endpoint: string,
  channel: string,
  send: Send,
  bucket: () => Promise<number>,
): Promise<Manifest> {
  const answer = parseJson(await get(send, `${endpoint}${ROUTES.manifest(channel)}`, "no-cache"));
  let manifest: Manifest;
  try {
    manifest = parseManifest(answer);
  } catch (cause) {
    const { message, path } = cause as NearfeedError;
    throw new NearfeedError("bad_release", `The manifest is refused: ${message}`, { path, cause });
  }
  const { channel: followed, canary } = manifest;
  // An edge that cannot read its canary sends none.
  const takes = canary && followed.canary && takesCanary(await bucket(), followed.canary);
  const release = takes ? canary : manifest.release;
  check("channel.channel", followed.channel, channel);
  check("release.id", release.id, (takes ? followed.canary! : followed).release);
  const id = await releaseId(release, { digest: sha256, text: textCodec });
  if (id !== release.id) {
    throw new NearfeedError("bad_release", `The release's content has the id ${id}, it says ${release.id}.`, {
      path: "release.id",
    });
  }
  return { ...manifest, release };
}

/** A manifest put together from the parts of others is none. */
function check(path: string, got: string, expected: string): void {
  if (got === expected) return;
  throw new NearfeedError("bad_release", `The manifest has ${path} ${got}, expected ${expected}.`, { path });
}
