// The ids of a release alone, for whoever asks which items there are and needs nothing else of them.

import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import { decodeString } from "../../shared/string-table.ts";
import { openStringsFile } from "../../shared/strings-file.ts";
import { blobKey } from "../publish/keys.ts";
import { text } from "../runtime.ts";
import { createIdLookup } from "./id-lookup.ts";

/**
 * Whether a release has an item.
 * @throws NearfeedError bad_release where the file is gone, or is none
 */
export async function loadIds(bucket: R2Bucket, { files, items }: Release): Promise<(id: string) => boolean> {
  const object = await bucket.get(blobKey(files.ids.sha256));
  if (object === null) {
    throw new NearfeedError("bad_release", `${files.ids.name} is gone from the bucket`, { path: "files.ids" });
  }
  const { table } = openStringsFile("ids", new Uint8Array(await object.arrayBuffer()), { size: items }, text);
  const rowOf = createIdLookup(items, (row) => decodeString(table, row, text));
  return (id) => rowOf(id) >= 0;
}
