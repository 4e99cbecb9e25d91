/** "Why this": the reason in one sentence, and the terms of the score as signed bars that add up to it. */
import type { Term } from "../../../shared/explain.ts";
import type { Entry, Explanation } from "../../types.ts";
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";
import { signed } from "../words.ts";

/** Bars before the rest is one sum. */
const SHOWN = 5;
const DIGITS = 2;

export interface WhyPart<T> extends Part<T> {
  /** @returns whether it is open now */
  toggle(): boolean;
}

export function createWhyPart<T>({ settings }: PartContext<T>): WhyPart<T> {
  const subject = element("p", { class: "subject" });
  const sentence = element("p", { class: "sentence" });
  const terms = element("ul", { class: "terms" });
  const place = element("p", { class: "quiet" });
  const body = element("div", { class: "why-body" }, subject, sentence, terms, place);
  const part = section("why", "Why this", body);
  part.tabIndex = -1;
  const titles = new Map<string, string>();
  let drawn: Explanation | undefined;

  function words(term: Term): string {
    const title = "item" in term ? titles.get(term.item) : undefined;
    switch (term.kind) {
      case "event":
        return `${term.value < 0 ? "Despite" : "Because of"} ${title ?? "something you liked earlier"}`;
      case "skip":
        return `You skipped ${title ?? "something like it"}`;
      case "adjustment":
        return `You set ${term.category} yourself`;
      case "content":
        return "Its categories";
      case "popularity":
        return "Its popularity";
      case "deep":
        return "The deep ranker";
    }
  }

  function draw(explanation: Explanation): void {
    const largest = Math.max(...explanation.terms.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
    const rows = explanation.terms
      .slice(0, SHOWN)
      .map((term) => row(words(term), rounded(term.value), Math.abs(term.value) / largest));
    const score = rounded(explanation.score);
    // What is left over is the difference of the figures that are shown: people add them up.
    const shown = explanation.terms.slice(0, SHOWN).reduce((sum, { value }) => sum + rounded(value), 0);
    const rest = rounded(score - shown);
    const others = explanation.terms.length - SHOWN;
    if (others > 0 || rest !== 0) {
      rows.push(
        row(others > 0 ? `${others} smaller reasons` : "Rounding", rest, Math.min(1, Math.abs(rest) / largest)),
      );
    }
    terms.replaceChildren(...rows, row("Score", score, 0, "sum"));
    say(sentence, explanation.sentence);
    say(place, placeWords(explanation));
  }

  return {
    element: part,
    draw({ current, next, explanation }) {
      for (const entry of [...next, ...(current ? [current] : [])]) titles.set(entry.id, titleOf(entry));
      say(subject, current ? titleOf(current) : "");
      terms.classList.toggle("stale", !explanation);
      if (!current) {
        drawn = undefined;
        terms.replaceChildren();
        say(sentence, "Nothing is shown just now.");
        say(place, "");
      } else if (explanation && explanation !== drawn) {
        drawn = explanation;
        draw(explanation);
      }
    },
    toggle() {
      const open = part.classList.toggle("asked");
      if (open) {
        part.scrollIntoView({ block: "nearest" });
        part.focus({ preventScroll: true });
      }
      return open;
    },
  };

  function titleOf({ item, id }: Entry<T>): string {
    return settings.describe(item, id).title;
  }
}

function row(label: string, value: number, share: number, look = ""): HTMLElement {
  const bar = element("span", { class: value < 0 ? "term-bar down" : "term-bar", attributes: { "aria-hidden": "true" } });
  bar.style.setProperty("--share", share.toFixed(3));
  return element(
    "li",
    { class: `term ${look}`.trim() },
    element("span", { class: "term-label" }, label),
    element("span", { class: "term-value" }, signed(value, DIGITS)),
    bar,
  );
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}

/** What put it on its place besides its score. */
function placeWords({ selection: { explored, propensity, moved, byScore } }: Explanation): string {
  if (moved) return "Moved by a rule of the people who run this.";
  if (explored) return `Drawn to learn whether you like it (chance ${(100 * propensity).toFixed(1)} %).`;
  return `Place ${byScore + 1} by score alone.`;
}
