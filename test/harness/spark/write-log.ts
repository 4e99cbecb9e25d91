/** Writes the parts of a log into a folder as they lie in the bucket: events and, beside them, requests to delete. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { FIRST_DAY_MS, isForgotten, type SyntheticPart } from "./synthetic-log.ts";

export async function writePart(folder: string, name: string, lines: readonly string[]): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, gzipSync(`${lines.join("\n")}\n`, { level: 4 }));
}

/** @returns the subjects that asked to be forgotten */
export async function writeLog(
  folder: string,
  parts: Iterable<SyntheticPart>,
  isWanted: (name: string) => boolean = () => true,
): Promise<Set<string>> {
  const forgotten = new Set<string>();
  for (const { name, events } of parts) {
    for (const { subject } of events) if (isForgotten(subject)) forgotten.add(subject);
    if (isWanted(name))
      await writePart(
        join(folder, "events"),
        name,
        events.map((event) => JSON.stringify(event)),
      );
  }
  for (const subject of forgotten) await writeForgotten(folder, subject);
  return forgotten;
}

const YEAR_MS = 365 * 86_400_000;

async function writeForgotten(folder: string, subject: string): Promise<void> {
  const path = join(folder, "forgotten/dt=2026-06-30", `${subject}.json`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ subject, at: FIRST_DAY_MS + YEAR_MS / 6, until: FIRST_DAY_MS + YEAR_MS / 4 }));
}
