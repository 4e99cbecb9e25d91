/** "On this device": how fast it reacted, what ranks, what is stored, what was sent. */
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";
import type { Watched } from "../watch.ts";
import { bytes, counted, FLOOR_WORDS, milliseconds, shortId } from "../words.ts";

export function createDevicePart<T>({ settings }: PartContext<T>): Part<T> {
  const list = element("dl", { class: "facts", attributes: { id: "facts" } });
  const facts: readonly (readonly [name: string, words: (state: Watched<T>) => string])[] = [
    ["Reaction", ({ reactions }) => (reactions.length > 0 ? milliseconds(reactions.at(-1)!.ms) : "–")],
    ["Can be ranked", ({ inspection }) => (inspection ? counted(inspection.candidates, settings.noun) : "–")],
    ["Floor", ({ inspection }) => (inspection ? FLOOR_WORDS[inspection.floor] : "–")],
    ["Release", ({ inspection }) => releaseWords(inspection?.release)],
    ["Stored here", ({ inspection }) => storedWords(inspection)],
    [
      "Requests sent",
      ({ requestCount, reactions, requestsInReaction }) => {
        const quiet = reactions.length > 0 ? ` · ${requestsInReaction} for the last reaction` : "";
        return `${requestCount}${quiet}`;
      },
    ],
  ];
  const values = facts.map(([name]) => {
    const value = element("dd");
    list.append(element("div", {}, element("dt", {}, name), value));
    return value;
  });

  return {
    element: section("device", "On this device", list),
    draw(state) {
      facts.forEach(([, words], i) => say(values[i]!, words(state)));
    },
  };
}

function releaseWords(release: { id: string; verified: "hash" | "signature" } | undefined): string {
  if (!release) return "–";
  return `${shortId(release.id)} · ${release.verified === "signature" ? "signature verified" : "verified"}`;
}

function storedWords(inspection: Watched<unknown>["inspection"]): string {
  if (!inspection) return "–";
  if (inspection.consent === "denied") return "nothing";
  const { storage, log } = inspection;
  const events = counted(log.events, ["event", "events"]);
  return storage ? `${bytes(storage.usage)} · ${events}` : events;
}
