// Checks a pack when its release is published: that its head is right, and that it holds files of that release. Every packed
// file is checked by the device that reads it; here it is the first and the last, for a pack may have gigabytes.

import { decodeCandidates } from "../../shared/candidates-file.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { PackKind } from "../../shared/pack-file.ts";
import type { Release } from "../../shared/release.ts";
import { checkRows } from "../../shared/strings-file.ts";
import { text } from "../runtime.ts";
import { openPack } from "./pack.ts";

/**
 * Checks the pack of a kind, where the release has one.
 * @param rows the hash of the ids in row order
 * @throws NearfeedError bad_format, wrong_version or wrong_space with the pack's role in the path
 */
export async function checkPack(bucket: R2Bucket, release: Release, kind: PackKind, rows: string): Promise<void> {
  const pack = openPack(bucket, release, kind);
  if (pack === undefined) return;
  const { name } = release.files[kind]!;
  const path = `files.${kind}`;
  try {
    checkRows((await pack.head()).rows, rows);
    for (const entry of new Set([0, pack.entries - 1])) {
      const file = await (await pack.find(entry)).open();
      const items = decodeCandidates(new Uint8Array(await file.arrayBuffer()), text);
      checkRows(items.rows, rows);
      if (items.space === release.space) continue;
      throw new NearfeedError("wrong_space", `it has space ${items.space}, the release says ${release.space}`);
    }
  } catch (error) {
    if (!(error instanceof NearfeedError)) throw error;
    const where = error.path === undefined || error.path === path ? path : `${path}:${error.path}`;
    throw new NearfeedError(error.code, `${name}: ${error.message}`, { path: where, cause: error });
  }
}
