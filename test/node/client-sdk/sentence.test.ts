import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sentenceOf } from "../../../client-sdk/engine/sentence.ts";
import type { Reasons } from "../../../client-sdk/engine/sentence.ts";
import type { EventType } from "../../../shared/event.ts";
import type { Term } from "../../../shared/explain.ts";

const TITLES: Record<string, string> = { a: "Alien", b: "Brazil", c: "Casino", long: "L".repeat(200), empty: " " };

function say(terms: readonly Term[], more: Partial<Reasons> & { kinds?: Record<string, EventType> } = {}): string {
  const { kinds = {}, ...reasons } = more;
  return sentenceOf({
    terms,
    explored: false,
    kindOf: (event) => kinds[event] ?? "like",
    titleOf: (item) => TITLES[item],
    ...reasons,
  });
}

const event = (item: string, value: number): Term => ({ kind: "event", event: `did-${item}`, item, value });
const skip = (item: string, value: number): Term => ({ kind: "skip", event: `did-${item}`, item, value });

test.each<[string, string]>([
  [say([event("a", 2)]), "Because you liked Alien."],
  [say([event("a", 2), event("b", 1.5), event("c", 1)]), "Because you liked Alien and Brazil."],
  [say([event("a", 2), event("b", 0.5)]), "Because you liked Alien."],
  [say([event("b", 1.5), event("a", 2)]), "Because you liked Alien and Brazil."],
  [say([event("a", 2), event("a", 1.9)]), "Because you liked Alien."],
  [say([event("a", 2)], { kinds: { "did-a": "purchase" } }), "Because you bought Alien."],
  [
    say([event("a", 2), event("b", 1.5)], { kinds: { "did-b": "click" } }),
    "Because you liked Alien and opened Brazil.",
  ],
  [say([event("who", 2)]), "Because you liked another item."],
  [say([event("who", 2), event("empty", 1.9)]), "Because you liked another item and another item."],
  [say([event("long", 1)]), `Because you liked ${"L".repeat(59)}….`],
  [say([event("a", 1), { kind: "popularity", value: 2 }]), "Because many people like it."],
  [say([event("a", 1), { kind: "content", value: 2 }]), "Because it is of a kind you often choose."],
  [say([event("a", 1), { kind: "earlier", value: 2 }]), "Because it fits what you chose earlier."],
  [say([event("a", 1), { kind: "deep", value: 2 }]), "Because it fits what you did last."],
  [say([{ kind: "adjustment", category: "Crime", value: 2 }]), "Because you asked for more Crime."],
  [say([event("a", -1), { kind: "deep", value: -2 }]), "Because nothing better is left."],
  [say([]), "Because nothing better is left."],
  [say([event("a", 2), skip("c", -0.5)]), "Because you liked Alien."],
  [say([event("a", 2), skip("c", -1.5)]), "Because you liked Alien, although you passed over Casino."],
  [say([event("a", 2)], { moved: "boosted" }), "Because you liked Alien; the people who run this app moved it up."],
  [say([event("a", 2)], { moved: "buried" }), "Because you liked Alien; the people who run this app moved it down."],
  [say([event("a", 2)], { moved: "pinned" }), "Placed here by the people who run this app."],
  [say([event("a", 2)], { explored: true }), "Shown to learn whether you like this."],
  [say([], { unranked: true }), "Shown to everybody at the start."],
  [say([event("a", 2)], { about: "b" }), "Because it is like Brazil."],
])("%s", (said, expected) => {
  expect(said).toBe(expected);
});

test("whatever the terms, it is one sentence, and names only what a term names", () => {
  const value = fc.double({ min: -5, max: 5, noNaN: true });
  const item = fc.constantFrom("a", "b", "c", "who");
  const term = fc.oneof(
    fc.tuple(item, value).map(([on, v]) => event(on, v)),
    fc.tuple(item, fc.double({ min: -5, max: 0, noNaN: true })).map(([on, v]) => skip(on, v)),
    fc.record({ kind: fc.constantFrom("content" as const, "popularity" as const, "deep" as const), value }),
    fc.record({ kind: fc.constant("adjustment" as const), category: fc.constant("Crime"), value }),
  );
  fc.assert(
    fc.property(fc.array(term), fc.boolean(), (terms, explored) => {
      const said = say(terms, { explored });
      expect(said).toMatch(/^[A-Z][^.]+\.$/);
      for (const [id, title] of Object.entries(TITLES)) {
        if (said.includes(title.trim()) && title.trim() !== "") {
          expect(terms.some((each) => "item" in each && each.item === id)).toBe(true);
        }
      }
    }),
  );
});
