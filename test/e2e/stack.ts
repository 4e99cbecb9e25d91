/**
 * The stack of the test file that imports this: both ends, running, on a state of their own. Files change which release is
 * active, and so none shares its edge with another.
 */
import { rm } from "node:fs/promises";
import { afterAll, inject } from "vitest";
import { startDevStack } from "../harness/dev-stack.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { ownState } from "./own-state.ts";

const state = await ownState();
const running = await startDevStack({ state });
afterAll(async () => {
  await running.stop();
  await rm(state, { recursive: true, force: true });
});
// Until then the start itself may activate a release.
await running.deepReady();

const { secret, releases } = inject("kept");
export const stack = { url: running.url, state, secret, releases } as const;

/** Makes `stable` point at a release, unless it does already. */
export async function activate(release: string): Promise<void> {
  if ((await fetchManifest(stack.url)).channel.release === release) return;
  await nearfeed(["activate", release], stack);
}
