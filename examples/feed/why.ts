/** Draws an explanation: the largest terms of a score as bars, the rest as one sum. */
import type { Explanation, Term } from "nearfeed";
import { element } from "./element.ts";

const SHOWN_TERMS = 5;

/** @param titleOf a film's title by its id, where the page has met it */
export function drawReasons(
  explanation: Explanation | undefined,
  titleOf: (id: string) => string | undefined,
): HTMLElement {
  if (!explanation) return element("p", {}, "The reasons for this film are not known any more.");
  const { terms, score } = explanation;
  const largest = Math.max(...terms.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const rows = terms.slice(0, SHOWN_TERMS).map((term) => {
    return row(words(term, titleOf), term.value, Math.abs(term.value) / largest);
  });
  const rest = terms.slice(SHOWN_TERMS);
  const restSum = rest.reduce((sum, { value }) => sum + value, 0);
  if (rest.length > 0) rows.push(row(`${rest.length} smaller reasons`, restSum, Math.abs(restSum) / largest));
  rows.push(row("Score", score, 0, "sum"));
  return element("ul", { class: "terms" }, ...rows);
}

function row(label: string, value: number, share: number, look = ""): HTMLElement {
  const bar = element("span", { class: value < 0 ? "term-bar down" : "term-bar" });
  bar.style.setProperty("--share", String(Math.min(1, share)));
  const figure = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  return element(
    "li",
    { class: `term ${look}` },
    element("span", { class: "term-label" }, label),
    element("span", { class: "term-value" }, figure),
    bar,
  );
}

function words(term: Term, titleOf: (id: string) => string | undefined): string {
  switch (term.kind) {
    case "event":
      return `${term.value < 0 ? "Despite" : "Because of"} ${titleOf(term.item) ?? "a film you liked earlier"}`;
    case "skip":
      return `You skipped ${titleOf(term.item) ?? "a film like it"}`;
    case "adjustment":
      return `You set ${term.category} yourself`;
    case "earlier":
      return "What you did before";
    case "content":
      return "Its genres";
    case "popularity":
      return "Its popularity";
    case "deep":
      return "The deep ranker";
  }
}
