// Takes the events of forgotten subjects out of what lies in the bucket: of one part of the log, of one dead letter.
// Which objects, and when, is log-keeper.ts.

import { NearfeedError } from "../../shared/errors.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { decodePart, encodePart } from "./event-parts.ts";

/** How often a part may be written by somebody else between reading and writing before that is an error. */
const ATTEMPTS = 3;

/**
 * Deletes the events of the subjects from a part; returns how many. The part is written anew under its own name, in one
 * step, so that whoever reads the log meanwhile sees every other event exactly once; a part of which nothing is left is
 * deleted. Doing it again changes nothing.
 * @throws NearfeedError bad_format for a part that cannot be read, which is left as it is
 */
export async function compactPart(bucket: R2Bucket, key: string, subjects: ReadonlySet<string>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const object = await bucket.get(key);
    if (object === null) return 0;
    const lines = await linesOf(key, object);
    const kept = lines.filter(({ subject }) => subject === undefined || !subjects.has(subject));
    if (kept.length === lines.length) return 0;
    if (kept.length === 0) {
      await bucket.delete(key);
      return lines.length;
    }
    const written = await bucket.put(key, await encodePart({ lines: kept.map(({ line }) => line) }), {
      httpMetadata: object.httpMetadata,
      onlyIf: { etagMatches: object.etag },
    });
    if (written !== null) return lines.length - kept.length;
  }
  throw new NearfeedError("unavailable", "a part changed whenever it was to be written");
}

/**
 * Deletes a dead letter that has events of the subjects; returns how many. One whose message has no readable subject goes
 * where a subject stands anywhere in it.
 */
export async function compactDeadLetter(bucket: R2Bucket, key: string, subjects: ReadonlySet<string>): Promise<number> {
  const text = await (await bucket.get(key))?.text();
  if (text === undefined || ![...subjects].some((subject) => text.includes(subject))) return 0;
  await bucket.delete(key);
  return (JSON.parse(text) as DeadLetter).events;
}

async function linesOf(key: string, object: R2ObjectBody): Promise<{ line: string; subject?: string }[]> {
  try {
    const lines = await decodePart(object.body);
    return lines.map((line) => ({ line, subject: (JSON.parse(line) as { subject?: string }).subject }));
  } catch (cause) {
    throw new NearfeedError("bad_format", `${key} is no part of the log`, { path: key, cause });
  }
}
