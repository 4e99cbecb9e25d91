// The ids of a release alone, for whoever asks which items there are and needs nothing else of them.

import type { Release } from "../../shared/release.ts";
import { decodeString } from "../../shared/string-table.ts";
import { openStringsFile } from "../../shared/strings-file.ts";
import { text } from "../runtime.ts";
import { createIdLookup } from "./id-lookup.ts";
import { readFile } from "./read-file.ts";

/**
 * Whether a release has an item.
 * @throws NearfeedError bad_release where the file is gone, bad_format where it is none
 */
export async function loadIds(bucket: R2Bucket, { files, items }: Release): Promise<(id: string) => boolean> {
  const { table } = await readFile(bucket, files.ids, {
    role: "ids",
    into: new Uint8Array(files.ids.bytes),
    decode: (bytes) => openStringsFile("ids", bytes, { size: items }, text),
  });
  const rowOf = createIdLookup(items, (row) => decodeString(table, row, text));
  return (id) => rowOf(id) >= 0;
}
