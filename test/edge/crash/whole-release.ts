/** What a device would find: the channel, its release, and every byte that the release names. */
import { parseManifest, ROUTES } from "../../../shared/protocol.ts";
import type { Channel } from "../../../shared/channel.ts";
import { releaseFiles, releaseId } from "../../../shared/release.ts";
import { digest, text } from "../../harness/small-release.ts";

/** @throws Error naming what is not whole */
export async function wholeChannel(url: string): Promise<Channel> {
  const answer = await fetch(url + ROUTES.manifest("stable"));
  if (!answer.ok) throw new Error(`the manifest was answered ${answer.status}: ${await answer.text()}`);
  const { channel, release } = parseManifest(await answer.json());
  if (release.id !== channel.release)
    throw new Error(`the channel names ${channel.release}, the release is ${release.id}`);
  const id = await releaseId(release, { digest, text });
  if (id !== release.id) throw new Error(`the release ${release.id} has the content of ${id}`);
  for (const { name, sha256, bytes } of releaseFiles(release)) {
    const file = await fetch(url + ROUTES.blob(sha256));
    const got = new Uint8Array(await file.arrayBuffer());
    if (file.status !== 200 || got.length !== bytes || (await digest(got)) !== sha256) {
      throw new Error(`${name} is not whole: HTTP ${file.status}, ${got.length} of ${bytes} bytes`);
    }
  }
  return channel;
}
