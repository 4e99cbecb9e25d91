/**
 * Cuts files that are too large for one blob into parts: as few as there can be, and packs only between their packed files,
 * so that each of those is one range of one object.
 */
import { NearfeedError } from "./errors.ts";
import { decodePackHead, packSeams } from "./pack-file.ts";
import type { PackKind } from "./pack-file.ts";
import { MAX_BLOB_BYTES, MAX_FILE_PARTS } from "./release.ts";
import type { ReleaseBlob, ReleaseFiles } from "./release.ts";
import type { Digest, TextCodec } from "./runtime.ts";
import { decodeSafetensorsHeader } from "./safetensors.ts";

/**
 * @param most bytes that a part may have
 * @returns undefined for a file that is one blob
 * @throws NearfeedError `too_large` where the parts would be too many, or a packed file larger than a part
 */
export async function partsOf(
  role: keyof ReleaseFiles,
  content: Uint8Array,
  { digest, text, most = MAX_BLOB_BYTES }: { digest: Digest; text: TextCodec; most?: number },
): Promise<ReleaseBlob[] | undefined> {
  if (content.length <= most) return undefined;
  const seams = role === "pools" || role === "rows" ? seamsOf(role, content, text) : undefined;
  const parts: ReleaseBlob[] = [];
  for (let from = 0; from < content.length;) {
    const farthest = Math.min(from + most, content.length);
    const to = seams?.filter((seam) => seam <= farthest).pop() ?? farthest;
    if (to <= from || parts.length === MAX_FILE_PARTS) throw tooLarge(role, content.length, most);
    const part = content.subarray(from, to);
    parts.push({ sha256: await digest(part), bytes: part.length });
    from = to;
  }
  return parts;
}

function seamsOf(kind: PackKind, content: Uint8Array, text: TextCodec): number[] {
  const [start] = decodeSafetensorsHeader(content, text).places;
  const entries = start!.shape[0]! - 1;
  return packSeams(decodePackHead(content, { kind, entries, packBytes: content.length }, text));
}

function tooLarge(role: string, bytes: number, most: number): NearfeedError {
  const limit = `${MAX_FILE_PARTS} parts of ${most} bytes`;
  return new NearfeedError("too_large", `The ${role} file has ${bytes} bytes, which do not fit ${limit}`, {
    path: `files.${role}`,
    hint: "Train with fewer items, a smaller dimension or less display data an item.",
  });
}
