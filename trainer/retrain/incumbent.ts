/** The active release of a channel as the trainer reads it: from this machine, or from its edge. */
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import { downloadRelease, type DownloadOptions } from "../publish/download-release.ts";
import type { EdgeClient } from "../publish/edge-client.ts";
import { openGraphs, openRelease } from "../release/open-release.ts";
import type { ReleaseList } from "../release/release-folder.ts";
import type { Contender } from "./gate.ts";

export interface Incumbent extends Contender {
  readonly release: Release;
  /** It has learnt from events before it alone. Epoch ms. */
  readonly until: number;
}

/**
 * @param id of the active release
 * @param releases the folder of releases, into which it is fetched where it is not there
 * @param found what that folder holds
 * @throws NearfeedError `edge_failed` or `hash_mismatch`
 */
export async function openIncumbent(
  client: EdgeClient,
  channel: string,
  id: string,
  {
    releases,
    found,
    ...options
  }: DownloadOptions & { readonly releases: string; readonly found: ReleaseList["found"] },
): Promise<Incumbent> {
  let folder = found.find(({ release }) => release.id === id)?.folder;
  if (folder === undefined) {
    const { release } = await client.manifest(channel);
    if (release.id !== id) {
      throw new NearfeedError("edge_failed", `The edge names ${id} as active, and its manifest ${release.id}`, {
        path: "--channel",
        hint: "Somebody has just changed the channel. Run the command again.",
      });
    }
    folder = join(releases, id);
    await downloadRelease(client, release, folder, options);
  }
  const { release, assembly, model } = await openRelease(folder);
  const graphs = await openGraphs(folder, release);
  return { release, assembly, model, ...(graphs && { graphs }), until: learntUntil(release) };
}

/** A release says so where it was trained up to a moment; none can have learnt from what happened after it was made. */
function learntUntil({ metrics, createdAt }: Release): number {
  const { until } = metrics;
  return typeof until === "number" ? Math.min(until, createdAt) : createdAt;
}
