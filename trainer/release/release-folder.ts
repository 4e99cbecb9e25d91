/**
 * Release folders: `release.json` and its files, named after their content. Written beside their place and renamed into
 * it, so that a folder with a `release.json` is always whole.
 */
import { constants, createReadStream, existsSync } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createHash, randomUUID } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import { partsOf } from "../../shared/file-parts.ts";
import {
  FILE_ROLES,
  MAX_RELEASE_BYTES,
  parseRelease,
  type Release,
  type ReleaseBlob,
  type ReleaseFile,
  type ReleaseFiles,
  releaseFiles,
  releaseId,
} from "../../shared/release.ts";
import { makeFolder } from "../make-folder.ts";
import { readJsonFile } from "../read/json-file.ts";
import { digest, sha256Hex, textCodec } from "../runtime.ts";
import { REPORT_FILE } from "./report-file.ts";

/** The bytes of a release's files, by role. */
export type ReleaseBytes = { readonly [R in keyof ReleaseFiles]: Uint8Array };

const MANIFEST = "release.json";

/** Hex digits of the hash in a file's name: it only has to differ from the same role's other versions. */
const NAME_DIGITS = 12;

const EXTENSIONS: Record<keyof ReleaseFiles, string> = {
  index: ".safetensors",
  ids: ".safetensors",
  catalog: ".safetensors",
  neighbours: ".safetensors",
  constants: ".safetensors",
  cells: ".safetensors",
  content: ".safetensors",
  pools: ".safetensors",
  rows: ".safetensors",
  spaceMap: ".safetensors",
  encoder: ".onnx",
  ranker: ".onnx",
};

/** What `describeFile` names files; of any role, so that a release of an older version is known as one. */
const FILE_NAME = /^[a-zA-Z]+-[0-9a-f]{12}\.(safetensors|onnx)$/;

const RELEASE_FORMAT: Release["format"] = "nearfeed-release";

/** Everything of `release.json` that does not follow from the bytes. */
export type ReleaseDraft = Omit<Release, "id" | "files">;

/** @throws NearfeedError `too_large` for a file that no parts hold. */
export async function describeRelease(draft: ReleaseDraft, bytes: ReleaseBytes): Promise<Release> {
  const files: Partial<Record<keyof ReleaseFiles, ReleaseFile>> = {};
  for (const role of FILE_ROLES) {
    const content = bytes[role];
    if (content) files[role] = await describeFile(role, content);
  }
  // Every required role is in `ReleaseBytes`.
  const unnamed = { ...draft, files: files as ReleaseFiles };
  return parseRelease({ ...unnamed, id: await releaseId(unnamed, { digest, text: textCodec }) });
}

async function describeFile(role: keyof ReleaseFiles, content: Uint8Array): Promise<ReleaseFile> {
  const sha256 = sha256Hex(content);
  const name = `${role}-${sha256.slice(0, NAME_DIGITS)}${EXTENSIONS[role]}`;
  const parts = await partsOf(role, content, { digest, text: textCodec });
  return { name, sha256, bytes: content.length, type: "application/octet-stream", ...(parts && { parts }) };
}

/**
 * Writes a release to a folder that then holds it and nothing else. An older release in that place is replaced.
 *
 * @throws NearfeedError `bad_argument` where the folder holds something else, `write_failed` where the disk has no room
 */
export async function writeReleaseFolder(folder: string, release: Release, bytes: ReleaseBytes): Promise<void> {
  const target = resolve(folder);
  await checkReleasePlace(folder);
  await makeFolder(dirname(target), "--out");
  const marker = randomUUID().slice(0, 8);
  const draft = join(dirname(target), `.${basename(target)}.${marker}.draft`);
  const old = join(dirname(target), `.${basename(target)}.${marker}.old`);
  try {
    await mkdir(draft);
    for (const role of FILE_ROLES) {
      const content = bytes[role];
      const file = release.files[role];
      if (content && file) await writeFile(join(draft, file.name), content, { flush: true });
    }
    await writeFile(join(draft, MANIFEST), `${JSON.stringify(release, null, 2)}\n`, { flush: true });
    const replaces = existsSync(target);
    if (replaces) await rename(target, old);
    await rename(draft, target).catch(async (error: unknown) => {
      if (replaces) await rename(old, target);
      throw error;
    });
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    // What the operating system refuses is no defect of the release.
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new NearfeedError("write_failed", `The release cannot be written to ${folder}: ${cause.message}`, {
      path: folder,
      hint: "Nothing of it is left there. Make room, or name another place with --out, and train again with the same --seed.",
      cause,
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Whether a release can be written to a folder, known before hours of training are spent on it.
 *
 * @throws NearfeedError `bad_argument` for a file, a folder that holds something else, or one that cannot be made
 */
export async function checkReleasePlace(folder: string): Promise<void> {
  const target = resolve(folder);
  const refuse = (problem: string) => new NearfeedError("bad_argument", `${folder} ${problem}`, { path: "--out" });
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isDirectory()) throw refuse("is a file, expected a folder");
  if (found && !(await isReplaceable(target))) throw refuse("holds something else than a release; it is left as it is");
  let parent = dirname(target);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  if (!(await stat(parent)).isDirectory()) throw refuse(`cannot be made: ${parent} is a file`);
  await access(parent, constants.W_OK).catch((cause: Error) => {
    throw refuse(`cannot be made: ${cause.message}`);
  });
}

/** Empty, or a release of any age and nothing beside it but its report: whatever else lies there is not ours to delete. */
async function isReplaceable(target: string): Promise<boolean> {
  const names = await readdir(target);
  if (names.length === 0) return true;
  if (!names.every((name) => name === MANIFEST || name === REPORT_FILE || FILE_NAME.test(name))) return false;
  try {
    const { format } = JSON.parse(await readFile(join(target, MANIFEST), "utf8")) as { format?: unknown };
    return format === RELEASE_FORMAT;
  } catch {
    return false;
  }
}

/** What helps with every kind of damage. */
const DAMAGED = "Copy the folder again, or train the release anew.";

/**
 * Reads `release.json` and checks every file's size and hash.
 *
 * @throws NearfeedError `file_not_found`, `bad_file`, `incomplete_release` or `hash_mismatch`, with the file as path
 */
export async function readReleaseFolder(folder: string): Promise<Release> {
  const path = join(folder, MANIFEST);
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new NearfeedError("file_not_found", `${folder} has no ${MANIFEST}`, {
      path,
      hint: "Make one with nearfeed train --out DIR.",
    });
  }
  if (found.size > MAX_RELEASE_BYTES * 2)
    throw new NearfeedError("bad_file", `${path} is too large to be a release`, { path });
  const release = await readJsonFile(path, parseRelease);
  const expected = await releaseId(release, { digest, text: textCodec });
  if (expected !== release.id) {
    throw new NearfeedError(
      "hash_mismatch",
      `${path} was changed: its content has the id ${expected}, it says ${release.id}`,
      { path, hint: DAMAGED },
    );
  }
  for (const file of releaseFiles(release)) await checkFile(folder, file);
  return release;
}

async function checkFile(folder: string, file: ReleaseFile): Promise<void> {
  const path = join(folder, file.name);
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== file.bytes) {
    throw new NearfeedError(
      "incomplete_release",
      `${path} should have ${file.bytes} bytes, got ${found ? found.size : "no file"}`,
      { path, hint: DAMAGED },
    );
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  const sha256 = hash.digest("hex");
  if (sha256 !== file.sha256) {
    throw new NearfeedError("hash_mismatch", `${path} has the hash ${sha256}, the release says ${file.sha256}`, {
      path,
      hint: DAMAGED,
    });
  }
}

/** One file's bytes. Call `readReleaseFolder` first: it checks them. */
export async function readReleaseFile(folder: string, file: ReleaseFile): Promise<Uint8Array> {
  return new Uint8Array(await readFile(join(folder, file.name)));
}

/** The bytes of one blob of a file, `offset` bytes from its start. Call `readReleaseFolder` first: it checks the file. */
export async function readReleaseBlob(
  folder: string,
  file: ReleaseFile,
  { bytes }: ReleaseBlob,
  offset: number,
): Promise<Uint8Array> {
  const handle = await open(join(folder, file.name));
  try {
    const { buffer } = await handle.read({ buffer: new Uint8Array(bytes), position: offset });
    return buffer;
  } finally {
    await handle.close();
  }
}

export interface ReleaseList {
  /** Newest first. */
  readonly found: readonly { readonly folder: string; readonly release: Release }[];
  /** Folders whose release cannot be used. */
  readonly damaged: readonly { readonly folder: string; readonly error: NearfeedError }[];
}

/** Releases in the folders directly inside a folder, each checked whole; folders without one are passed over. */
export async function listReleaseFolders(folder: string): Promise<ReleaseList> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const found: { folder: string; release: Release }[] = [];
  const damaged: { folder: string; error: NearfeedError }[] = [];
  for (const name of names.filter((each) => !each.startsWith("."))) {
    const path = join(folder, name);
    if (!existsSync(join(path, MANIFEST))) continue;
    try {
      found.push({ folder: path, release: await readReleaseFolder(path) });
    } catch (error) {
      if (!(error instanceof NearfeedError)) throw error;
      damaged.push({ folder: path, error });
    }
  }
  return { found: found.sort((a, b) => b.release.createdAt - a.release.createdAt), damaged };
}
