/** The genres, and the films of the one that is chosen: a quick way to say what one likes. */
import type { Entry, Recommender } from "nearfeed";
import { element } from "./element.ts";
import { filmLine, filmTitle, type Film } from "./film.ts";
import { GENRES } from "./genre-palette.ts";
import { icon } from "./icons.ts";
import { drawPoster } from "./poster.ts";
import type { Verdict } from "./session.ts";

/** Films on the shelf: a few screens of scrolling. */
const SHELF_FILMS = 40;
/** They are chosen from this many, the best of the genre for this person. */
const LOOKED_AT = 200;
const GENRES_SHOWN = 2;

type Judge = (verdict: Verdict, entry: Entry<Film>) => void;

/** Fills `chips` with the genres and `shelf` with the films of the chosen one. */
export function createBrowse(
  { chips, shelf }: { chips: HTMLElement; shelf: HTMLElement },
  recommender: Recommender<Film>,
  judge: Judge,
): { close(): void } {
  let chosen: string | undefined;
  const buttons = [...GENRES].sort().map((genre) =>
    element(
      "button",
      {
        class: "chip",
        attributes: { type: "button", "aria-pressed": "false", "data-genre": genre },
        onClick: () => void choose(chosen === genre ? undefined : genre),
      },
      genre,
    ),
  );
  chips.replaceChildren(...buttons);

  async function choose(genre: string | undefined): Promise<void> {
    chosen = genre;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["genre"] === genre));
    shelf.hidden = genre === undefined;
    shelf.replaceChildren();
    delete shelf.dataset["genre"];
    if (genre === undefined) return;
    const query = { surface: "browse", count: LOOKED_AT, filter: { categories: { any: [genre] } } };
    const { entries: found, error } = await recommender.recommend(query);
    if (chosen !== genre) return;
    // A like says most about the genre where the film has few others. The sort keeps the order among equals.
    const entries = [...found]
      .sort((a, b) => a.item.categories.length - b.item.categories.length)
      .slice(0, SHELF_FILMS);
    const none = element("li", { class: "shelf-empty" }, error?.message ?? "No film of this genre is left.");
    shelf.replaceChildren(...(entries.length > 0 ? entries.map((entry) => drawRow(entry, take)) : [none]));
    shelf.dataset["genre"] = genre;
    shelf.scrollTop = 0;
  }

  /** A film leaves the shelf with its verdict; the others stay where they are. */
  function take(verdict: Verdict, entry: Entry<Film>): void {
    judge(verdict, entry);
    const row = shelf.querySelector(`[data-item="${CSS.escape(entry.id)}"]`);
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    next?.querySelector<HTMLElement>(`[data-action="${verdict}"]`)?.focus();
    row?.remove();
  }

  return { close: () => void choose(undefined) };
}

function drawRow(entry: Entry<Film>, judge: Judge): HTMLLIElement {
  const title = filmTitle(entry.item);
  const button = (verdict: "like" | "skip", words: string) =>
    element(
      "button",
      {
        class: `round ${verdict}`,
        attributes: { type: "button", "data-action": verdict, "aria-label": `${words} ${title}`, title: words },
        onClick: () => judge(verdict, entry),
      },
      icon(verdict),
    );
  return element(
    "li",
    { class: "shelf-row", attributes: { "data-item": entry.id } },
    element("div", { class: "shelf-poster" }, drawPoster(entry.item)),
    element(
      "div",
      { class: "shelf-words" },
      element("p", { class: "shelf-title" }, title),
      element("p", { class: "line" }, filmLine(entry.item, GENRES_SHOWN)),
    ),
    button("like", "Like"),
    button("skip", "Skip"),
  );
}
