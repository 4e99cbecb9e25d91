// Events and people for the tests of the event log.

import { subjectOf } from "../../shared/subject.ts";
import type { Event } from "../../shared/event.ts";
import { createUlid } from "../../shared/ulid.ts";
import { digest } from "../../edge/runtime.ts";
import type { LoggedEvent } from "../../edge/index.ts";
import { seeded } from "../harness/small-release.ts";

const ulid = createUlid(() => Date.now(), seeded(7));

/** What envelopes of these tests begin with. */
export const HEAD = { v: 1, key: "dev", release: "r", surface: "home" } as const;

/** Somebody whose events can be deleted: the secret, and the id it stands for. */
export interface Person {
  readonly token: Uint8Array;
  readonly subject: string;
}

/** Another person for each number. */
export async function person(number: number): Promise<Person> {
  const token = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + number);
  return { token, subject: await subjectOf(token, digest) };
}

/** So many likes, each of another item. */
export function likes(count: number): Event[] {
  return Array.from({ length: count }, (_, i) => ({ id: ulid(), type: "like", item: `item-${i}`, at: Date.now() }));
}

/** Likes as the log keeps them. */
export function loggedLikes(
  count: number,
  { subject, received = Date.now() }: { subject?: string; received?: number },
) {
  const context = { release: "r", surface: "home", received, ...(subject !== undefined && { subject }) };
  return likes(count).map((event): LoggedEvent => ({ ...event, ...context }));
}
