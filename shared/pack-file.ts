/**
 * The pack file: many small files of one kind, one after the other. A release of a million items has thousands of pool files
 * and row blocks; packed they are a few dozen objects to store, and one of them is one range to read, once the head of the
 * pack is known. Reading that range is done where the pack is stored.
 *
 * History: 1: start, data.
 */
import { takeMetadata } from "./columns-file.ts";
import { badFormat, checkFormat } from "./format-checks.ts";
import type { TextCodec } from "./runtime.ts";
import { decodeSafetensorsHeader, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkStarts } from "./string-table.ts";

const FORMAT = "nearfeed-pack";
const VERSION = "1";

/** What the packed files are. */
export type PackKind = "pools" | "rows";

export interface PackHead {
  readonly kind: PackKind;
  /** `[k + 1]`: file i lies at bytes `dataAt + start[i]` to `dataAt + start[i + 1]` of the pack. */
  readonly start: Uint32Array;
  /** In bytes from the start of the pack. */
  readonly dataAt: number;
  /** The `rows` hash of the index that the packed files are of. */
  readonly rows: string;
}

/** What the JSON of a head takes at most: two tensors, three names and a hash. */
const HEADER_BYTES = 1_024;

/** @param entries the packed files, whole; together below 4 GiB. Taken out of the list as they are copied. */
export function encodePack(kind: PackKind, entries: Uint8Array[], rows: string, codec: TextCodec): Uint8Array {
  const start = new Uint32Array(entries.length + 1);
  let bytes = 0;
  entries.forEach((entry, i) => (start[i + 1] = bytes += entry.length));
  if (bytes >= 2 ** 32) throw badFormat(`A pack of ${kind} has ${bytes} bytes, expected less than 4 GiB.`, "data");
  const data = new Uint8Array(bytes);
  // A pack may have hundreds of megabytes: what is copied is not held twice.
  for (let i = entries.length - 1; i >= 0; i--) data.set(entries.pop()!, start[i]);
  const metadata = { format: FORMAT, version: VERSION, kind, rows };
  return encodeSafetensors({ start: tensor(start), data: tensor(data) }, metadata, codec);
}

/** As many first bytes of a pack as its head can have. */
export function packHeadBytes(entries: number): number {
  return 8 + HEADER_BYTES + 4 * (entries + 1);
}

/**
 * Reads the head of a pack.
 *
 * @param bytes the first {@link packHeadBytes} of the pack, or all of it
 * @param expected of the release that names the pack
 * @throws NearfeedError `bad_format` or `wrong_version`
 */
export function decodePackHead(
  bytes: Uint8Array,
  expected: { readonly kind: PackKind; readonly entries: number; readonly packBytes: number },
  codec: TextCodec,
): PackHead {
  const { places, metadata, bodyStart } = decodeSafetensorsHeader(bytes, codec);
  checkFormat({ metadata }, FORMAT, VERSION);
  const { kind, entries, packBytes } = expected;
  if (metadata["kind"] !== kind) throw badFormat(`Got a pack of "${metadata["kind"]}", expected "${kind}".`, "kind");
  const dataAt = bodyStart + 4 * (entries + 1);
  const dataBytes = packBytes - dataAt;
  const got = places.map(({ name, dtype, shape, start, end }) => `${name} ${dtype} [${shape}] ${start}–${end}`);
  const wanted = [
    `start U32 [${entries + 1}] 0–${4 * (entries + 1)}`,
    `data U8 [${dataBytes}] ${4 * (entries + 1)}–${4 * (entries + 1) + dataBytes}`,
  ];
  for (const name of ["start", "data"]) {
    if (!places.some((place) => place.name === name)) throw badFormat(`The pack has no tensor "${name}".`, name);
  }
  if (got.join() !== wanted.join())
    throw badFormat(`The pack has ${got.join(", ")}; expected ${wanted.join(", ")}.`, "header");
  if (bytes.length < dataAt) throw badFormat(`The head has ${dataAt} bytes, got ${bytes.length}.`, "header");
  const start = new Uint32Array(bytes.slice(bodyStart, dataAt).buffer);
  checkStarts(start, dataBytes, "start");
  return { kind, start, dataAt, rows: takeMetadata({ metadata }, "rows") };
}

/** Where a pack may be cut into parts without cutting a packed file: behind each of them. In bytes from its start. */
export function packSeams({ start, dataAt }: PackHead): number[] {
  return Array.from(start.subarray(1), (end) => dataAt + end);
}
