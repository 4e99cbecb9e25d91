/**
 * What the tabs of one namespace say to each other. Ids and names only: what they stand for is read from the store, so
 * that a message which arrives after an erasure brings nothing back.
 */
import { id } from "../../shared/item.ts";
import { array, matching, object, oneOf, plainObject } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { ULID } from "../../shared/ulid.ts";

/** Raised when tabs of an older version would misread a message; they then ignore each other. */
export const TAB_PROTOCOL = 1;

/** Events a message: many times what happens in one turn of a page. */
const MAX_IDS = 100_000;

export type TabMessage =
  /** The sender leads an election; said again and again. */
  | { readonly kind: "leading"; readonly election: string }
  /** Whoever leads, say so. */
  | { readonly kind: "who-leads"; readonly election: string }
  /** Events were stored. */
  | { readonly kind: "events"; readonly ids: readonly string[] }
  /** The edge has answered for events: nobody needs to send them any more. */
  | { readonly kind: "sent"; readonly ids: readonly string[] }
  /** Something other than new events has changed in the store: a release, or what the person has set or imported. */
  | { readonly kind: "stored"; readonly what: "release" | "profile" }
  /** The sender has just looked for a new release. */
  | { readonly kind: "looked" }
  /** The person has lowered their consent. */
  | { readonly kind: "lowered"; readonly to: "denied" | "local" }
  /** The person has erased everything. */
  | { readonly kind: "erased" };

type Kind = TabMessage["kind"];

const v = oneOf([TAB_PROTOCOL]);
const ids = array(matching(ULID, "a ULID"), { max: MAX_IDS });

const PARSERS: { readonly [K in Kind]: Parser<Extract<TabMessage, { kind: K }>> } = {
  leading: object({ v, kind: oneOf(["leading"]), election: id }),
  "who-leads": object({ v, kind: oneOf(["who-leads"]), election: id }),
  events: object({ v, kind: oneOf(["events"]), ids }),
  sent: object({ v, kind: oneOf(["sent"]), ids }),
  stored: object({ v, kind: oneOf(["stored"]), what: oneOf(["release", "profile"]) }),
  looked: object({ v, kind: oneOf(["looked"]) }),
  lowered: object({ v, kind: oneOf(["lowered"]), to: oneOf(["denied", "local"]) }),
  erased: object({ v, kind: oneOf(["erased"]) }),
};

const kind = oneOf(Object.keys(PARSERS) as Kind[]);

/** @throws NearfeedError where it is no message of this version */
export function parseTabMessage(value: unknown): TabMessage {
  return PARSERS[kind(plainObject(value, "").kind, "kind")](value, "");
}
