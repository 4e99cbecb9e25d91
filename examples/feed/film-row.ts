/** One film in a list: a small poster, its title, and buttons to like and skip it. */
import type { Entry } from "nearfeed";
import { element } from "./element.ts";
import { filmLine, filmTitle, type Film } from "./film.ts";
import { icon } from "./icons.ts";
import { drawPoster } from "./poster.ts";
import type { Verdict } from "./session.ts";

/** Genres that fit beside the year. */
const GENRES_SHOWN = 2;

type Judge = (verdict: Verdict, entry: Entry<Film>) => void;

/** A row of "Up next". */
export function drawRow(entry: Entry<Film>, judge: Judge): HTMLLIElement {
  return element(
    "li",
    { class: "row", attributes: { "data-item": entry.id } },
    element("div", { class: "poster poster-small" }, drawPoster(entry.item)),
    element(
      "div",
      { class: "row-text" },
      element("p", { class: "row-title" }, filmTitle(entry.item)),
      element("p", { class: "line" }, filmLine(entry.item, GENRES_SHOWN)),
    ),
    verdictButton("like", "Like", entry, judge),
    verdictButton("skip", "Skip", entry, judge),
  );
}

/** A card of the shelf under the genres. */
export function drawCard(entry: Entry<Film>, judge: Judge): HTMLLIElement {
  const title = filmTitle(entry.item);
  return element(
    "li",
    { class: "shelf-card", attributes: { "data-item": entry.id } },
    element("div", { class: "poster" }, drawPoster(entry.item), element("p", { class: "lettering" }, title)),
    element("p", { class: "line" }, filmLine(entry.item, GENRES_SHOWN)),
    element(
      "div",
      { class: "shelf-actions" },
      verdictButton("like", "Like", entry, judge),
      verdictButton("skip", "Skip", entry, judge),
    ),
  );
}

function verdictButton(verdict: "like" | "skip", words: string, entry: Entry<Film>, judge: Judge): HTMLButtonElement {
  const label = `${words} ${filmTitle(entry.item)}`;
  return element(
    "button",
    {
      class: `round ${verdict}`,
      attributes: { type: "button", "data-action": verdict, "aria-label": label, title: label },
      onClick: () => judge(verdict, entry),
    },
    icon(verdict),
  );
}
