/** Makes an event of what an app passed to `track`: only what can be cloned. The engine says what is wrong with it. */
import type { Trace } from "./messages.ts";
import type { Entry } from "./types.ts";

/** Longer than anything that is read of an event, short enough to be sent. */
const MAX_CHARS = 1_024;
/** More than any event has. */
const MAX_DETAILS = 32;
/** More than there are. */
const MAX_SOURCES = 32;

/**
 * The event as it goes to the engine, before it is parsed.
 *
 * @param on an entry of a list, or the id of an item
 * @param shown how selection came to show the entry, where it is one of ours
 */
export function trackedEvent(
  type: string,
  on: unknown,
  details: object | undefined,
  stamp: { readonly id: string; readonly at: number },
  shown?: Trace,
): Record<string, unknown> {
  const entry = entryOf(on);
  return {
    ...plainDetails(details),
    type: plain(type),
    id: stamp.id,
    item: plain(entry ? entry.id : on),
    at: stamp.at,
    ...(entry && { list: plain(entry.list), position: plain(entry.position) }),
    ...(type === "impression" && (shown ? selectionOf(shown) : sourcesOf(entry))),
  };
}

export function undoEvent(
  event: unknown,
  stamp: { readonly id: string; readonly at: number },
): Record<string, unknown> {
  return { type: "undo", id: stamp.id, event: plain(event), at: stamp.at };
}

/** The entry where it is one, or looks like one. */
export function entryOf(on: unknown): Entry<never> | undefined {
  return typeof on === "object" && on !== null ? (on as Entry<never>) : undefined;
}

function selectionOf({ sources, policy, explored, propensity }: Trace): object {
  return { sources, policy, explored, propensity };
}

function sourcesOf(entry: Entry<never> | undefined): object | false {
  return Array.isArray(entry?.sources) && { sources: entry.sources.slice(0, MAX_SOURCES).map(plain) };
}

function plainDetails(details: object | undefined): Record<string, unknown> {
  // A long string by mistake has an entry a character.
  const read = typeof details === "string" ? {} : (details ?? {});
  const given = Object.entries(read).slice(0, MAX_DETAILS);
  return Object.fromEntries(
    given.map(([name, value]) => [name, plain(value)]).filter(([, value]) => value !== undefined),
  );
}

/**
 * The value where it is a number, a string or a boolean: anything else cannot be meant, and may not be cloneable. Of a
 * string as much as shows that it is too long.
 */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.slice(0, MAX_CHARS);
  return ["number", "boolean"].includes(typeof value) ? value : undefined;
}
