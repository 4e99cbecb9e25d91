/**
 * Gzip NDJSON that is torn or damaged, found before DuckDB reads it: that takes half a file for a whole one where the tear is between
 * two lines, and damaged bytes for rows. Of a torn file the lines before the tear are kept; of a damaged one nothing can be trusted. The
 * Spark job does the same (trainer/spark/read_parts.py).
 */
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip } from "node:zlib";
import type { BadRow } from "./bad-rows.ts";
import type { SourceFile } from "./files.ts";
import { badFile } from "./table.ts";

/** Of a file at a time: larger pieces cost memory for each file at once, smaller ones a call to zlib's threads each. */
const PIECE_BYTES = 1 << 18;

/** Files that are inflated beside each other: zlib has as many threads. */
const FILES_AT_ONCE = 4;

const NEWLINE = 10;
const SPACE = 32;
const TORN = "got the end of the file in the middle of the gzip stream: it is torn";

export interface WholeFiles {
  /** Files that have rows, torn ones with what is left of them as their `content`. */
  readonly files: SourceFile[];
  /** The row at which each bad file breaks off. */
  readonly bad: BadRow[];
}

/**
 * @param folder for what is left of torn files; empty, and the caller's to delete once it has read them
 * @throws NearfeedError `bad_file` where all that is left of the files is nothing
 */
export async function takeWhole(
  files: readonly SourceFile[],
  folder: string,
  signal?: AbortSignal,
): Promise<WholeFiles> {
  const [kept, bad]: [SourceFile[], BadRow[]] = [[], []];
  const found = new Map<SourceFile, Found>();
  const waiting = files.entries();
  const takeSome = async () => {
    for (const [place, file] of waiting) found.set(file, await look(file, join(folder, `${place}.ndjson`), signal));
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, takeSome));
  for (const file of files) {
    const { problem, row, left } = found.get(file)!;
    if (left !== undefined) kept.push(left);
    if (problem !== undefined) bad.push({ file: file.path, row, field: "row", problem });
  }
  if (kept.length > 0) return { files: kept, bad };
  if (bad.length > 0)
    throw badFile(
      files.find(({ path }) => path === bad[0].file)!,
      bad[0].problem,
    );
  // Nothing but empty files: whoever opens them says so.
  return { files: [...files], bad };
}

interface Found {
  /** Absent where no row is left, or there was none. */
  readonly left?: SourceFile;
  readonly problem?: string;
  /** Of the problem. */
  readonly row: number;
}

async function look(file: SourceFile, content: string, signal?: AbortSignal): Promise<Found> {
  if (file.format !== "ndjson" || !/\.gz$/i.test(file.path)) return { left: file, row: 0 };
  if (statSync(file.path).size === 0) return { problem: "got no bytes, expected a gzip file", row: 1 };
  let hasText = false;
  const watched = new Writable({
    write(piece: Buffer, _encoding, done) {
      hasText ||= piece.some((byte) => byte > SPACE);
      done();
    },
  });
  const read = createReadStream(file.path, { highWaterMark: PIECE_BYTES });
  try {
    await pipeline(read, createGunzip({ chunkSize: PIECE_BYTES }), watched, { signal });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") return saveLines(file, content, signal);
    if (code !== "Z_DATA_ERROR") throw cause;
    return { problem: `got damaged bytes (${message}), expected gzip`, row: 1 };
  }
  return hasText ? { left: file, row: 0 } : { row: 0 };
}

/** Writes the lines before the tear. What stands right before it is half a line, also where it looks like a whole one. */
async function saveLines(file: SourceFile, content: string, signal?: AbortSignal): Promise<Found> {
  let [lines, bytes, end] = [0, 0, 0];
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) {
        lines++;
        end = bytes + at + 1;
      }
      bytes += piece.length;
      done(null, piece);
    },
  });
  // By itself zlib refuses what ends too early.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  await pipeline(createReadStream(file.path), gunzip, counted, createWriteStream(content), { signal });
  await truncate(content, end);
  return { ...(lines > 0 && { left: { ...file, content } }), problem: TORN, row: lines + 1 };
}
