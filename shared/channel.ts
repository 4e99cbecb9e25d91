// A channel: a name that points at a release, the one small object that is flipped last. Here are its shape and its
// pure transitions; storing it, and doing so atomically, is the business of the edge.

import { canonicalJson } from "./canonical-json.ts";
import { NearfeedError } from "./errors.ts";
import { integer, matching, nullable, number, object, oneOf, optional, refuse, taking } from "./parse.ts";
import type { Parser } from "./parse.ts";
import { releaseIdParser } from "./release.ts";
import { rulesParser } from "./rules.ts";
import type { Rule } from "./rules.ts";
import { signed } from "./signing.ts";
import type { Signed } from "./signing.ts";

/** The channel that devices follow unless told otherwise. */
export const DEFAULT_CHANNEL = "stable";

/** A channel that nobody renewed for this long is reported as expired; what is installed keeps working. */
export const CHANNEL_LIFE_MS = 30 * 24 * 3_600_000;

/** A name that points at a release. */
export interface Channel {
  format: "nearfeed-channel";
  version: 1;
  channel: string;
  /** The active release. */
  release: string;
  /** The release that was active before, still served; null at first. */
  previous: string | null;
  /** A release served besides, to `percent` of the devices. */
  canary?: { release: string; percent: number };
  /** The operator's word on lists, whichever release is active; absent where there is none. */
  rules?: Rule[];
  /** Grows by one with every change, also when a change points back at an older release. */
  sequence: number;
  /** Epoch ms. */
  expiresAt: number;
  /** Over everything else; a channel may be unsigned. */
  signed?: Signed;
}

/**
 * What the publisher asks of a channel. `expect` is the sequence it has seen; 0 where there is no channel yet. `channel` is
 * the channel after the action, signed: only the publisher has the key.
 */
export type ChannelAction = { expect: number; channel?: Channel } & (
  | { action: "activate"; release: string }
  | { action: "rollback" }
  | { action: "rules"; rules: Rule[] }
  | { action: "canary"; release: string; percent: number }
  | { action: "promote" }
  | { action: "cancel" }
);

/** How far the clocks of a publisher and an edge may lie apart. */
const MAX_CLOCK_DIFFERENCE_MS = 3_600_000;

/** The name of a channel. */
export const channelName: Parser<string> = matching(/^[a-z][a-z0-9-]{0,31}$/, "a channel name of a–z, 0–9 and -");

/** How many of a hundred devices take a canary. */
export const canaryPercent: Parser<number> = number({ min: 0, max: 100 });

const sequence = integer({ min: 0 });

/** As {@link parseChannel}. */
export const channelParser = object({
  format: oneOf(["nearfeed-channel"], "wrong_version"),
  version: oneOf([1], "wrong_version"),
  channel: channelName,
  release: releaseIdParser,
  previous: nullable(releaseIdParser),
  canary: optional(object({ release: releaseIdParser, percent: canaryPercent })),
  rules: optional(rulesParser),
  sequence: integer({ min: 1 }),
  expiresAt: integer({ min: 0 }),
  signed: optional(signed),
}) satisfies Parser<Channel>;

const common = { expect: sequence, channel: optional(channelParser) };
const activateParser = object({ action: oneOf(["activate"]), release: releaseIdParser, ...common });
const actionParsers = {
  activate: activateParser,
  rollback: object({ action: oneOf(["rollback"]), ...common }),
  rules: object({ action: oneOf(["rules"]), rules: rulesParser, ...common }),
  canary: object({ action: oneOf(["canary"]), release: releaseIdParser, percent: canaryPercent, ...common }),
  promote: object({ action: oneOf(["promote"]), ...common }),
  cancel: object({ action: oneOf(["cancel"]), ...common }),
} satisfies Record<ChannelAction["action"], Parser<ChannelAction>>;
const actionName = oneOf(["activate", "rollback", "rules", "canary", "promote", "cancel"]);

/** Parses a channel. */
export function parseChannel(value: unknown, path = ""): Channel {
  return channelParser(value, path);
}

/** Parses what a publisher asks. */
export function parseChannelAction(value: unknown, path = ""): ChannelAction {
  const action = (value as { action?: unknown } | null)?.action;
  if (action === undefined) return activateParser(value, path);
  return actionParsers[actionName(action, "action")](value, path);
}

/** As {@link parseChannelAction}. */
export const channelActionParser: Parser<ChannelAction> = taking(
  (value, path) => parseChannelAction(value, path),
  "anyOf",
  ...Object.values(actionParsers),
);

/**
 * The channel after an action; `current` is null where there is none yet.
 * @throws NearfeedError sequence_conflict, no_previous, no_canary, unknown_channel or bad_value
 */
export function nextChannel(current: Channel | null, name: string, action: ChannelAction, now: number): Channel {
  checkSequence(current, action.expect);
  switch (action.action) {
    case "activate":
      return activate(current, name, action.release, now);
    case "rollback":
      return rollback(current, name, now);
    case "rules":
      return replaceRules(current, name, action.rules, now);
    case "canary":
      return startCanary(current, name, action, now);
    case "promote":
      return activate(current, name, canaryOf(current, name).release, now);
    case "cancel":
      return cancelCanary(current, name, now);
  }
}

/**
 * The channel to store: the edge's own, or where the publisher sent the one it has signed, that one.
 * @throws NearfeedError missing_field or bad_value where the publisher's is unsigned or another than the edge's
 */
export function agreedChannel(own: Channel, { channel: given }: ChannelAction): Channel {
  if (given === undefined) return own;
  if (given.signed === undefined) return refuse("missing_field", "channel.signed", "a signature", undefined);
  if (Math.abs(given.expiresAt - own.expiresAt) > MAX_CLOCK_DIFFERENCE_MS) {
    return refuse("bad_value", "channel.expiresAt", `within an hour of ${own.expiresAt}`, given.expiresAt);
  }
  const expected: Channel = { ...own, expiresAt: given.expiresAt, signed: given.signed };
  for (const field of new Set([...Object.keys(expected), ...Object.keys(given)]) as Set<keyof Channel>) {
    const [mine, theirs] = [expected[field], given[field]].map((value) => canonicalJson(value ?? null));
    if (mine !== theirs) return refuse("bad_value", `channel.${field}`, mine!, given[field]);
  }
  return given;
}

/** Points the channel at `release`. Activating the active release again only renews it: `previous` stays. */
export function activate(current: Channel | null, name: string, release: string, now: number): Channel {
  const previous = current === null ? null : current.release === release ? current.previous : current.release;
  return following(current, name, { release, previous }, now);
}

/** Points the channel back at its previous release, under a *higher* sequence. */
export function rollback(current: Channel | null, name: string, now: number): Channel {
  if (current === null) throw new NearfeedError("unknown_channel", `there is no channel ${name} to roll back`);
  if (current.previous === null) {
    throw new NearfeedError("no_previous", `channel ${name} has no release before ${current.release}`, {
      hint: "Activate a release by its id instead.",
    });
  }
  return following(current, name, { release: current.previous, previous: current.release }, now);
}

/** Puts these rules in the place of those before. */
export function replaceRules(current: Channel | null, name: string, rules: readonly Rule[], now: number): Channel {
  if (current === null) throw new NearfeedError("unknown_channel", `there is no channel ${name} to have rules`);
  const { rules: _, ...next } = following(current, name, current, now);
  return rules.length === 0 ? next : { ...next, rules: [...rules] };
}

/** Has some of the devices take another release, in the place of a canary before. */
function startCanary(
  current: Channel | null,
  name: string,
  { release, percent }: { release: string; percent: number },
  now: number,
): Channel {
  if (current === null) {
    throw new NearfeedError("unknown_channel", `there is no channel ${name} to have a canary`, {
      hint: "Activate a release for everybody first.",
    });
  }
  if (release === current.release)
    return refuse("bad_value", "release", "another release than the active one", release);
  return { ...following(current, name, current, now), canary: { release, percent } };
}

function cancelCanary(current: Channel | null, name: string, now: number): Channel {
  canaryOf(current, name);
  const { canary: _, ...next } = following(current, name, current!, now);
  return next;
}

function canaryOf(current: Channel | null, name: string): NonNullable<Channel["canary"]> {
  if (current?.canary !== undefined) return current.canary;
  throw new NearfeedError("no_canary", `channel ${name} has no canary`, {
    hint: "Start one with the action canary: a release and a percentage.",
  });
}

/** Refuses an action made on an older state of the channel. */
export function checkSequence(current: Channel | null, expect: number): void {
  const actual = current?.sequence ?? 0;
  if (actual === expect) return;
  throw new NearfeedError("sequence_conflict", `the channel is at sequence ${actual}, the request expects ${expect}`, {
    path: "expect",
    hint: "Read the channel again and decide anew.",
  });
}

/** The releases that an edge serves for a channel: active, previous and canary. */
export function servedReleases(channel: Channel): string[] {
  const all = [channel.release, channel.previous, channel.canary?.release];
  return [...new Set(all.filter((each) => each !== undefined && each !== null))];
}

function following(
  current: Channel | null,
  name: string,
  { release, previous }: Pick<Channel, "release" | "previous">,
  now: number,
): Channel {
  return {
    format: "nearfeed-channel",
    version: 1,
    channel: name,
    release,
    previous,
    // A canary that has become the active release is one no longer; another one goes on.
    ...(current?.canary !== undefined && current.canary.release !== release && { canary: current.canary }),
    // They are about items and categories: whichever release is active, the operator still means them.
    ...(current?.rules !== undefined && { rules: current.rules }),
    sequence: (current?.sequence ?? 0) + 1,
    expiresAt: now + CHANNEL_LIFE_MS,
  };
}
