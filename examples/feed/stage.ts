/** The film in the middle of the page: its poster, its buttons, and why it is here. */
import type { Entry, Explanation } from "nearfeed";
import { element } from "./element.ts";
import { filmTitle, filmYear, type Film } from "./film.ts";
import { icon, type IconName } from "./icons.ts";
import { drawPoster } from "./poster.ts";
import type { Verdict } from "./session.ts";
import { sourceWords } from "./words.ts";
import { drawReasons } from "./why.ts";

const ARRIVAL = [
  { opacity: 0.2, transform: "translateY(8px)" },
  { opacity: 1, transform: "none" },
];
const ARRIVAL_MS = 220;

interface Handlers {
  judge(verdict: Verdict, entry: Entry<Film>): void;
  undo(): void;
  explain(entry: Entry<Film>): Promise<Explanation | undefined>;
  /** A film's title by its id, where the page has met it. */
  titleOf(id: string): string | undefined;
}

export interface Stage {
  draw(entry: Entry<Film> | undefined, state: { canUndo: boolean; message: string }): void;
}

/** Draws into `root`, with the line about the last reaction under the buttons, and keeps the buttons alive between films, so that focus stays where it is. */
export function createStage(root: HTMLElement, reaction: HTMLElement, handlers: Handlers): Stage {
  let drawn: Entry<Film> | undefined;
  const act = (verdict: Verdict) => () => drawn && handlers.judge(verdict, drawn);

  const poster = element("div", { class: "poster poster-large" });
  const source = element("p", { class: "source" });
  const title = element("h1", { class: "title" });
  const year = element("p", { class: "year" });
  const genres = element("ul", { class: "genres", attributes: { "aria-label": "Genres" } });
  const reasons = element("div", { class: "reasons", attributes: { id: "reasons" } });
  const why = button("why", "Why?", () => void toggleReasons(), "ghost");
  why.setAttribute("aria-controls", "reasons");
  const undo = button("undo", "Undo", handlers.undo, "ghost", "U");
  const card = element(
    "article",
    { class: "card" },
    poster,
    element(
      "div",
      { class: "card-text" },
      source,
      title,
      year,
      genres,
      element(
        "div",
        { class: "actions" },
        button("like", "Like", act("like"), "primary", "L"),
        button("skip", "Skip", act("skip"), "plain", "S"),
        button("hide", "Hide", act("hide"), "ghost"),
        undo,
        why,
      ),
      reaction,
      reasons,
    ),
  );
  const message = element("p", { class: "stage-message" });
  root.replaceChildren(card, message);

  async function toggleReasons(): Promise<void> {
    const asked = drawn;
    if (!asked) return;
    if (why.getAttribute("aria-expanded") === "true") return closeReasons();
    why.setAttribute("aria-expanded", "true");
    const explanation = await handlers.explain(asked);
    if (drawn === asked) reasons.replaceChildren(drawReasons(explanation, handlers.titleOf));
  }

  function closeReasons(): void {
    why.setAttribute("aria-expanded", "false");
    reasons.replaceChildren();
  }

  return {
    draw(entry, state) {
      undo.disabled = !state.canUndo;
      card.hidden = !entry;
      message.hidden = entry !== undefined;
      message.textContent = state.message;
      if (!entry || (drawn?.id === entry.id && drawn.list === entry.list)) return;
      drawn = entry;
      card.dataset["item"] = entry.id;
      card.dataset["position"] = String(entry.position);
      const { item } = entry;
      const lettering = element("span", { class: "lettering", attributes: { "aria-hidden": true } }, filmTitle(item));
      poster.replaceChildren(drawPoster(item), lettering);
      source.textContent = sourceWords(entry.sources);
      title.textContent = filmTitle(item);
      year.textContent = filmYear(item);
      genres.replaceChildren(...item.categories.map((genre) => element("li", {}, genre)));
      closeReasons();
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches) card.animate(ARRIVAL, ARRIVAL_MS);
    },
  };
}

function button(name: IconName, words: string, onClick: () => void, look: string, key?: string): HTMLButtonElement {
  const attributes = { type: "button", "data-action": name, ...(key && { "aria-keyshortcuts": key }) };
  return element("button", { class: `button ${look}`, attributes, onClick }, icon(name), words);
}
