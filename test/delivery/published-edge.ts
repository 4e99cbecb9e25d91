/** A local edge under workerd with a small made-up release on it, which has models: no training, and a deep floor. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FEATURES } from "../../shared/features.ts";
import { releaseFiles } from "../../shared/release.ts";
import { startEdge } from "../../trainer/dev/edge-process.ts";
import { changeChannel } from "../../trainer/publish/change-channel.ts";
import { createEdgeClient } from "../../trainer/publish/edge-client.ts";
import { freePort, ROOT } from "../harness/dev-stack.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";

const ITEMS = 300;
const DIM = 16;
/** Starting workerd and publishing takes three seconds. */
const START_LIMIT_MS = 60_000;
const SECRET = "the publish secret of the delivery tests";

export interface PublishedEdge {
  readonly url: string;
  readonly release: string;
  stop(): Promise<void>;
}

export async function publishedEdge(): Promise<PublishedEdge> {
  const graphs = linearGraphs(DIM, new Float32Array(FEATURES.length).fill(0.01));
  const { release, blobs } = await syntheticRelease({ items: ITEMS, dim: DIM, models: { ...graphs, heads: ["like"] } });
  const state = await mkdtemp(join(tmpdir(), "nearfeed-delivery-"));
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const edge = await startEdge({ root: ROOT, port: await freePort(), state, secret: SECRET, signal });
  const stop = async () => {
    await edge.stop();
    await rm(state, { recursive: true, force: true });
  };
  try {
    const client = createEdgeClient({ edge: edge.url, secret: SECRET, fetch, signal });
    for (const file of releaseFiles(release)) await client.putBlob(file, blobs.get(file.sha256)!, file.name);
    await client.putRelease(release);
    await changeChannel(client, "stable", { action: "activate", release: release.id });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: edge.url, release: release.id, stop };
}
