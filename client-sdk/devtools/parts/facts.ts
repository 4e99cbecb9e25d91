/** The lists of the part for developers: evidence, pool, release, event log and errors, as the recommender tells them. */
import { element } from "../element.ts";
import type { Watched } from "../watch.ts";
import { bytes, clockTime, dateWords, signed } from "../words.ts";

/** Lines of each list. */
const LINES = 12;

export function drawEvidence({ inspection }: Watched<unknown>): Node[] {
  const evidence = inspection?.events.flatMap((event) => (event.signal ? [{ ...event, signal: event.signal }] : []));
  if (!evidence?.length) return nothing("No evidence: nothing is known of this person.");
  const rows = evidence.slice(0, LINES).map(({ type, item, signal }) => {
    return [type, item, signed(signal.target > 0 ? signal.taste : -signal.taste, 3), signal.intent.toFixed(3)];
  });
  return [table(["event", "item", "taste", "intent"], rows)];
}

export function drawPool({ inspection, current, next }: Watched<unknown>): Node[] {
  if (!inspection) return nothing("Not known yet.");
  const sources = new Map<string, number>();
  const entries = [...(current ? [current] : []), ...next];
  for (const entry of entries) for (const source of entry.sources) sources.set(source, (sources.get(source) ?? 0) + 1);
  const named = [...sources].sort((a, b) => b[1] - a[1]).map(([source, count]) => `${source} ${count}`);
  return [
    facts([
      ["retrieval", inspection.retrieval],
      ["can be ranked", inspection.candidates.toLocaleString("en")],
      ["sources of this list", named.join(", ") || "–"],
      ["explored", String(entries.filter(({ explored }) => explored).length)],
      ["offline", inspection.offline ? "yes" : "no"],
    ]),
  ];
}

export function drawRelease({ inspection }: Watched<unknown>): Node[] {
  const { release, channel } = inspection ?? {};
  return [
    facts([
      ["release", release?.id ?? "–"],
      ["made", release ? dateWords(release.createdAt) : "–"],
      ["space", release?.space.slice(0, 16) ?? "–"],
      ["items", release?.items.toLocaleString("en") ?? "–"],
      ["files", release ? bytes(release.bytes) : "–"],
      ["checked by", release?.verified ?? "–"],
      ["channel", channel ? `${channel.name}, sequence ${channel.sequence}` : "not heard in this visit"],
      ["expires", channel ? dateWords(channel.expiresAt) : "–"],
      ["consent", inspection?.consent ?? "–"],
    ]),
  ];
}

export function drawEvents({ inspection }: Watched<unknown>): Node[] {
  if (!inspection || inspection.events.length === 0) return nothing("No events.");
  const { events, log } = inspection;
  const rows = events.slice(0, LINES).map(({ at, type, item }) => [clockTime(at), type, item]);
  const words = `${log.events} events, ${log.signals} of them evidence.`;
  return [table(["at", "event", "item"], rows), element("p", { class: "quiet" }, words)];
}

export function drawErrors({ errors }: Watched<unknown>): Node[] {
  if (errors.length === 0) return nothing("None.");
  const rows = errors
    .slice(-LINES)
    .reverse()
    .map(({ at, error }) => [clockTime(at), error.code, error.message]);
  return [table(["at", "code", "message"], rows)];
}

function nothing(words: string): Node[] {
  return [element("p", { class: "quiet" }, words)];
}

function facts(pairs: readonly (readonly [string, string])[]): HTMLElement {
  const rows = pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return element("dl", { class: "facts" }, ...rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element("tr", {}, ...head.map((name) => element("th", { attributes: { scope: "col" } }, name))),
    ),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))))),
  );
}
