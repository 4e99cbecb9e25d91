/** Finds the newest release with models that was trained in this clone. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "../../shared/release.ts";

const STATE = join(import.meta.dirname, "../../.nearfeed");

/** A release that has both models. */
export type DeepRelease = Release & { files: Required<Release["files"]> };

/** @returns undefined when no release with models was trained yet. */
export async function newestDeepRelease(folder: string = STATE): Promise<DeepRelease | undefined> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = names.filter((name) => /(^|[/\\])release\.json$/.test(name)).map((name) => join(folder, name));
  const releases = await Promise.all(paths.map(async (path) => JSON.parse(await readFile(path, "utf8")) as Release));
  return releases.filter(isDeep).sort((a, b) => b.createdAt - a.createdAt)[0];
}

function isDeep(release: Release): release is DeepRelease {
  return release.files.encoder !== undefined && release.files.ranker !== undefined;
}
