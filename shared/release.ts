// release.json: the immutable description of one set of artifacts. It names files by hash and carries every constant
// that scoring needs, so that two devices with one release score alike. Not the channel, which points at a release.

import { canonicalJson } from "./canonical-json.ts";
import { id as idParser, word } from "./item.ts";
import {
  array,
  integer,
  jsonObject,
  matching,
  nullable,
  number,
  object,
  oneOf,
  optional,
  refuse,
  string,
  taking,
} from "./parse.ts";
import type { JsonObject, Parsed, Parser } from "./parse.ts";
import type { SelectionDefaults } from "./selection-defaults.ts";
import type { UncertaintyConstants } from "./exploration.ts";
import type { LinearWeights } from "./linear-weights.ts";
import type { ProfileConstants } from "./posterior.ts";
import type { Digest, TextCodec } from "./runtime.ts";
import { signed } from "./signing.ts";
import type { Signed } from "./signing.ts";
import {
  linearSection,
  profileSection,
  selectionSection,
  signalsSection,
  uncertaintySection,
} from "./scoring-sections.ts";
import type { SignalTable } from "./signals.ts";

/** The protocol version that this build speaks. */
export const PROTOCOL_VERSION = 1 as const;

/** Largest blob: one upload of a publisher and one object of the bucket. A larger file is stored in parts. */
export const MAX_BLOB_BYTES = 32 * 1024 * 1024;

/** Parts that a file may have: 2 GiB, which is what an index of ten million items takes. */
export const MAX_FILE_PARTS = 64;

/** Largest release.json. */
export const MAX_RELEASE_BYTES = 1024 * 1024;

/** Largest embedding dimension that any part is built for. */
export const MAX_DIM = 1024;

/** Some bytes that are stored and fetched as one; their address is their hash. */
export interface ReleaseBlob {
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  sha256: string;
  bytes: number;
}

/** One file of a release: a blob, or the blobs of its parts one after the other. */
export interface ReleaseFile extends ReleaseBlob {
  /** A readable name, for example `index.safetensors`; no slashes. */
  name: string;
  /** Media type. */
  type: string;
  /** Where the file is larger than one blob may be; `sha256` and `bytes` are of all of it then, and no address. */
  parts?: ReleaseBlob[];
}

/** The roles that files play. `encoder` and `ranker` come together or not at all; older releases have no `cells`, `content`,
 * `pools` and `rows`. `spaceMap` is there where a release has another space than the one before. */
export interface ReleaseFiles {
  index: ReleaseFile;
  ids: ReleaseFile;
  catalog: ReleaseFile;
  neighbours: ReleaseFile;
  constants: ReleaseFile;
  cells?: ReleaseFile;
  content?: ReleaseFile;
  /** The pool files of all cells, packed; read by the edge alone. */
  pools?: ReleaseFile;
  /** All row blocks, packed; read by the edge alone. */
  rows?: ReleaseFile;
  spaceMap?: ReleaseFile;
  encoder?: ReleaseFile;
  ranker?: ReleaseFile;
}

/** The names of the file roles. */
export const FILE_ROLES = [
  "index",
  "ids",
  "catalog",
  "neighbours",
  "constants",
  "cells",
  "content",
  "pools",
  "rows",
  "spaceMap",
  "encoder",
  "ranker",
] as const;

/** What each way of retrieving costs a device, in bytes before any compression on the way. */
export interface RetrievalCosts {
  /** `device`: the files of the whole catalogue, once a release. */
  device: number;
  /** `pool`: a pool file, mean, and how many cells there are to choose from. */
  pool: { cells: number; bytes: number };
  /** `edge`: an answer with as many candidates as one can have. */
  edge: number;
  /** A row block, mean, and how many there are. */
  rows: { blocks: number; bytes: number };
}

/** What the deep ranker predicts. */
export const HEAD_NAMES = ["click", "like", "skip", "finish", "dwell"] as const;

/** Surfaces that a model may tell apart; what it has not met enough is one more. */
export const MAX_SURFACES = 15;

/** One head of the ranker. */
export type HeadName = (typeof HEAD_NAMES)[number];

/** 1 for what speaks for an item, −1 for what speaks against it. */
export function signOfHead(name: HeadName): 1 | -1 {
  return name === "skip" ? -1 : 1;
}

/** How raw logits r enter: final = linear + Σ weights·r; P = σ(a + b·linear + c·r) for reports only. */
export interface Heads {
  names: HeadName[];
  /** ω, one a head; that of `skip` is ≤ 0. */
  weights: number[];
  calibration: { a: number; b: number; c: number }[];
  /** Surfaces that the graphs tell apart, as the log named them; where absent, `home`, `sidebar` and `similar`. */
  surfaces?: string[];
}

/** One immutable release. */
export interface Release {
  format: "nearfeed-release";
  version: 1;
  /** {@link releaseId} of everything else but the signature. */
  id: string;
  /** Epoch ms. */
  createdAt: number;
  protocol: typeof PROTOCOL_VERSION;
  /** The name of the embedding space; vectors of two spaces never meet. */
  space: string;
  /** SHA-256 of the model signature; null without models. */
  signature: string | null;
  /** d, the dimension of the item vectors. */
  dim: number;
  /** n, the number of items. */
  items: number;
  files: ReleaseFiles;
  /** Comes with the files `pools` and `rows`. */
  costs?: RetrievalCosts;
  profile: ProfileConstants;
  signals: SignalTable;
  linear: LinearWeights;
  heads: Heads | null;
  selection: SelectionDefaults;
  /** σ: noise of the linear score. ρ²: mean squared norm of the training users' vectors. */
  uncertainty: UncertaintyConstants;
  /** The closed lists that `language` and `region` of requests come from. */
  languages: string[];
  regions: string[];
  /** The release's own evaluation, as the report shows it. */
  metrics: JsonObject;
  /** Over everything else; a release may be unsigned. */
  signed?: Signed;
}

/** 64 lower-case hex digits. */
export const sha256: Parser<string> = matching(/^[0-9a-f]{64}$/, "a SHA-256 of 64 lower-case hex digits");

/** The files that a device may fetch: all but the content map and the packs, which the edge alone reads. */
export function deviceFiles(value: Release): ReleaseFile[] {
  const { content, pools, rows } = value.files;
  return releaseFiles(value).filter((each) => each !== pools && each !== rows && each !== content);
}

/** The id of a release: the first 32 hex digits of its hash. */
export const releaseIdParser: Parser<string> = matching(/^[0-9a-f]{32}$/, "a release id of 32 lower-case hex digits");

const blobFields = { sha256, bytes: integer({ min: 0, max: MAX_BLOB_BYTES }) };

const fileFields = {
  name: matching(/^[\w][\w.-]{0,127}$/, "a file name of letters, digits, . _ -"),
  sha256,
  bytes: integer({ min: 0, max: MAX_BLOB_BYTES * MAX_FILE_PARTS }),
  type: string({ min: 1, max: 128 }),
  parts: optional(array(object(blobFields), { min: 2, max: MAX_FILE_PARTS })),
};

const wholeFile = object(fileFields);

const file: Parser<ReleaseFile> = taking(
  (value, path) => {
    const parsed = wholeFile(value, path);
    const { bytes, parts } = parsed;
    const sum = parts?.reduce((all, part) => all + part.bytes, 0);
    if (sum === undefined ? bytes > MAX_BLOB_BYTES : bytes !== sum) {
      const expected = sum === undefined ? `at most ${MAX_BLOB_BYTES} without parts` : `${sum}, what the parts have`;
      return refuse("bad_value", `${path}.bytes`, expected, bytes);
    }
    return parsed;
  },
  "same",
  wholeFile,
);

const count = integer({ min: 1, max: 0xffff_ffff });
const costs = object({
  device: count,
  pool: object({ cells: count, bytes: count }),
  edge: count,
  rows: object({ blocks: count, bytes: count }),
});

const headFields = object({
  names: array(oneOf(HEAD_NAMES), { max: HEAD_NAMES.length, min: 1 }),
  weights: array(number(), { max: HEAD_NAMES.length }),
  calibration: array(object({ a: number(), b: number(), c: number() }), { max: HEAD_NAMES.length }),
  surfaces: optional(array(idParser, { min: 1, max: MAX_SURFACES })),
});

const heads: Parser<Heads> = taking(
  (value, path) => {
    const parsed = headFields(value, path);
    const { names, weights, calibration, surfaces = [] } = parsed;
    if (new Set(names).size !== names.length)
      return refuse("bad_value", `${path}.names`, "without repeats", names.join());
    if (new Set(surfaces).size !== surfaces.length)
      return refuse("bad_value", `${path}.surfaces`, "without repeats", surfaces.join());
    if (weights.length !== names.length)
      return refuse("bad_value", `${path}.weights`, `of length ${names.length}`, weights);
    if (calibration.length !== names.length) {
      return refuse("bad_value", `${path}.calibration`, `of length ${names.length}`, calibration);
    }
    const skip = weights[names.indexOf("skip")];
    if (skip !== undefined && skip > 0) return refuse("bad_value", `${path}.weights`, "≤ 0 for the skip head", skip);
    return parsed;
  },
  "same",
  headFields,
);

const release = object({
  format: oneOf(["nearfeed-release"], "wrong_version"),
  version: oneOf([1], "wrong_version"),
  id: releaseIdParser,
  createdAt: integer({ min: 0 }),
  protocol: oneOf([PROTOCOL_VERSION], "wrong_version"),
  space: idParser,
  signature: nullable(sha256),
  dim: integer({ min: 1, max: MAX_DIM }),
  items: integer({ min: 1, max: 0xffff_ffff }),
  files: object({
    index: file,
    ids: file,
    catalog: file,
    neighbours: file,
    constants: file,
    cells: optional(file),
    content: optional(file),
    pools: optional(file),
    rows: optional(file),
    spaceMap: optional(file),
    encoder: optional(file),
    ranker: optional(file),
  }),
  costs: optional(costs),
  profile: profileSection,
  signals: signalsSection,
  linear: linearSection,
  heads: nullable(heads),
  selection: selectionSection,
  uncertainty: uncertaintySection,
  languages: array(word, { max: 256 }),
  regions: array(word, { max: 512 }),
  metrics: jsonObject,
  signed: optional(signed),
}) satisfies Parser<Release>;

/**
 * Parses release.json. Does not check the id against the content; see {@link releaseId}.
 * @throws NearfeedError with the path
 */
export function parseRelease(value: unknown, path = ""): Release {
  const parsed: Parsed<typeof release> = release(value, path);
  const deep = [parsed.files.encoder, parsed.files.ranker, parsed.heads, parsed.signature];
  const present = deep.filter((each) => each !== undefined && each !== null).length;
  if (present !== 0 && present !== deep.length) {
    const found = `${present} of ${deep.length}`;
    return refuse("bad_value", path, "complete: encoder, ranker, heads and signature come together", found);
  }
  const { pools, rows } = parsed.files;
  if (!pools !== !rows || !pools !== !parsed.costs) {
    return refuse("bad_value", path, "complete: pools, rows and costs come together", pools ? "pools" : "no pools");
  }
  const { index, ids, catalog, neighbours } = parsed.files;
  const device = index.bytes + ids.bytes + catalog.bytes + neighbours.bytes;
  // A device decides by it what to fetch.
  if (parsed.costs && parsed.costs.device !== device) {
    return refuse(
      "bad_value",
      path === "" ? "costs.device" : `${path}.costs.device`,
      `${device}, what the files have`,
      parsed.costs.device,
    );
  }
  return parsed;
}

/** The blobs of a file, in their order. */
export function blobsOf(value: ReleaseFile): readonly ReleaseBlob[] {
  return value.parts ?? [value];
}
/** As {@link parseRelease}. */
export const releaseParser: Parser<Release> = taking((value, path) => parseRelease(value, path), "same", release);

/** The files of a release, in the order of {@link FILE_ROLES}. */
export function releaseFiles(value: Release): ReleaseFile[] {
  return FILE_ROLES.map((role) => value.files[role]).filter((each) => each !== undefined);
}

/** The id of a release: the first 32 hex digits of the SHA-256 of its RFC 8785 bytes without `id` and `signed`. */
export async function releaseId(
  draft: Omit<Release, "id">,
  runtime: { digest: Digest; text: TextCodec },
): Promise<string> {
  const { id: _, signed: __, ...rest } = draft as Release;
  return (await runtime.digest(runtime.text.encode(canonicalJson(rest)))).slice(0, 32);
}
