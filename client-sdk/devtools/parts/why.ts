/** "Why this": the reason in one sentence, and the terms of the score as signed bars that add up to it. */
import type { Term } from "../../../shared/explain.ts";
import type { Entry, Explanation } from "../../types.ts";
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";
import { roundedToSum } from "../rounded-to-sum.ts";
import { signed } from "../words.ts";

/** Bars before the rest is one sum. */
const SHOWN = 5;
const DIGITS = 2;
/** Long enough to lead the eye. */
const FLASH_MS = 1_200;

export interface WhyPart<T> extends Part<T> {
  /** Brings it into view and gives it the focus. */
  reveal(): void;
}

export function createWhyPart<T>({ settings }: PartContext<T>): WhyPart<T> {
  const subject = element("p", { class: "subject" });
  const sentence = element("p", { class: "sentence" });
  const terms = element("ul", { class: "terms" });
  const place = element("p", { class: "quiet" });
  const head = element("div", { class: "why-head" }, subject, place);
  const body = element("div", { class: "why-body" }, head, sentence, terms);
  const part = section("why", "Why this", body);
  part.tabIndex = -1;
  let drawn: Explanation<T> | undefined;

  function words(term: Term, { items }: Explanation<T>): string {
    const item = "item" in term && Object.hasOwn(items, term.item) ? items[term.item] : undefined;
    const title = item && "item" in term ? settings.describe(item, term.item).title : undefined;
    switch (term.kind) {
      case "event":
        return `${term.value < 0 ? "Despite" : "Because of"} ${title ?? "something you liked earlier"}`;
      case "skip":
        return `You skipped ${title ?? "something like it"}`;
      case "adjustment":
        return `You set ${term.category} yourself`;
      case "earlier":
        return "What you did before";
      case "content":
        return "Its categories";
      case "popularity":
        return "Its popularity";
      case "appeal":
        return "How often it is chosen when it is seen";
      case "deep":
        return "The deep ranker";
    }
  }

  function draw(explanation: Explanation<T>): void {
    const shown = explanation.terms.slice(0, SHOWN).map((term) => [words(term, explanation), term.value] as const);
    const others = explanation.terms.slice(SHOWN);
    const rest = others.reduce((sum, { value }) => sum + value, 0);
    const parts = others.length > 0 ? [...shown, [`${others.length} smaller reasons`, rest] as const] : shown;
    const largest = Math.max(...parts.map(([, value]) => Math.abs(value)), Number.MIN_VALUE);
    const figures = roundedToSum(
      parts.map(([, value]) => value),
      explanation.score,
      DIGITS,
    );
    const rows = parts.map(([label, value], i) => row(label, figures[i]!, Math.abs(value) / largest));
    terms.replaceChildren(...rows, row("Score", Number(explanation.score.toFixed(DIGITS)), 0, "sum"));
    say(sentence, inOwnWords(explanation));
    say(place, placeWords(explanation));
  }

  return {
    element: part,
    draw({ current, explanation }) {
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
    reveal() {
      part.scrollIntoView({ block: "nearest" });
      part.focus({ preventScroll: true });
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (!still) part.animate([{ background: "var(--accent-soft)" }, {}], { duration: FLASH_MS, easing: "ease-out" });
    },
  };

  /** The sentence names items by their titles in the catalogue; here they are called as everywhere else. */
  function inOwnWords({ sentence: said, items }: Explanation<T>): string {
    return Object.entries(items).reduce((text, [id, item]) => {
      const { title } = item as { title?: unknown };
      return typeof title === "string" && title !== ""
        ? text.replaceAll(title, settings.describe(item, id).title)
        : text;
    }, said);
  }

  function titleOf({ item, id }: Entry<T>): string {
    return settings.describe(item, id).title;
  }
}

function row(label: string, value: number, share: number, look = ""): HTMLElement {
  const bar = element("span", {
    class: value < 0 ? "term-bar down" : "term-bar",
    attributes: { "aria-hidden": "true" },
  });
  bar.style.setProperty("--share", share.toFixed(3));
  return element(
    "li",
    { class: `term ${look}`.trim() },
    element("span", { class: "term-label" }, label),
    element("span", { class: "term-value" }, signed(value, DIGITS)),
    bar,
  );
}

/** What put it on its place besides its score. */
function placeWords({ selection: { explored, propensity, moved, byScore } }: Explanation<unknown>): string {
  if (moved) return "moved by a rule";
  if (explored) return `explored, a chance of ${(100 * propensity).toFixed(1)} %`;
  return `place ${byScore + 1} by score`;
}
