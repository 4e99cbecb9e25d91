/** Publishes a made-up release on an edge over HTTP, as a publisher does. */
import { NearfeedError } from "../../shared/errors.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { SmallRelease } from "./small-release.ts";

/** An edge, and what publishing there needs. */
export interface PublishTarget {
  readonly url: string;
  readonly secret: string;
}

/** Uploads the files and then the release. @throws NearfeedError edge_failed */
export async function publishSmall(edge: PublishTarget, { release, json, blobs }: SmallRelease): Promise<void> {
  for (const [sha256, bytes] of blobs) await put(edge, ROUTES.blob(sha256), bytes as Uint8Array<ArrayBuffer>);
  await put(edge, ROUTES.release(release.id), json);
}

/** Points a channel at a release. `expect` is the channel's sequence, 0 where there is none. */
export async function activateSmall(edge: PublishTarget, release: string, expect: number, channel = "stable") {
  await send(edge, "POST", ROUTES.channel(channel), JSON.stringify({ action: "activate", release, expect }));
}

function put(edge: PublishTarget, path: string, body: BodyInit): Promise<void> {
  return send(edge, "PUT", path, body);
}

async function send({ url, secret }: PublishTarget, method: string, path: string, body: BodyInit): Promise<void> {
  const headers = { Authorization: `Bearer ${secret}` };
  const answer = await fetch(url + path, { method, headers, body });
  const said = await answer.text();
  if (!answer.ok) throw new NearfeedError("edge_failed", `${method} ${path}: HTTP ${answer.status}: ${said}`);
}
