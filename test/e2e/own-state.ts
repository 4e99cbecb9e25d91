/** Copies what the global setup has kept, so that a test has a state folder that nobody else touches. */
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";

/** @returns a folder, to be removed by the caller */
export async function ownState(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
  await cp(inject("kept").state, folder, {
    recursive: true,
    filter: (path) => !/wrangler-(logs|registry)/.test(path),
  });
  return folder;
}
