/**
 * The feed: one card a film, each as tall as the screen allows, snapping into place. The films that were shown come first,
 * then the one after them. Scrolling, swiping and keys all end up in the session; nothing is decided here.
 */
import type { Entry } from "nearfeed";
import { element } from "./element.ts";
import { filmLine, filmTitle, type Film } from "./film.ts";
import { drawPoster } from "./poster.ts";
import type { Session, Verdict } from "./session.ts";
import { sourceWords, VERDICTS } from "./words.ts";

/** Without a scroll for so long the feed is at rest, where the browser does not say so itself. */
const REST_MS = 150;
/** Cards behind the one in sight, and before it: every card is a picture. */
const KEPT = 15;
const GENRES = 3;

export interface Cards {
  draw(session: Session): void;
}

/** @param arrived the person has scrolled to this film */
export function createCards(feed: HTMLElement, arrived: (id: string) => void): Cards {
  const cards = new Map<string, HTMLElement>();
  /** The card that the page itself is scrolling to. */
  let heading: string | undefined;
  let currentId: string | undefined;
  /** The card that the feed is on its way from. */
  let leavingId: string | undefined;
  let wantedIds: ReadonlySet<string> = new Set();
  // A hand on the feed wins over a scroll of ours that was cut short.
  for (const kind of ["wheel", "touchmove"] as const) {
    feed.addEventListener(kind, () => (heading = undefined), { passive: true });
  }
  if ("onscrollend" in feed) feed.addEventListener("scrollend", rest);
  else {
    let timer: ReturnType<typeof setTimeout> | undefined;
    (feed as HTMLElement).addEventListener("scroll", () => {
      clearTimeout(timer);
      timer = setTimeout(rest, REST_MS);
    });
  }
  /** The height that the scroll position is of. */
  let height = feed.clientHeight;
  new ResizeObserver(resized).observe(feed);

  /** Cards are as tall as the feed: at another height the same place is another card. */
  function resized(): void {
    height = feed.clientHeight;
    scrollTo(currentId, "instant");
  }

  function scrollTo(id: string | undefined, behavior: ScrollBehavior): void {
    const card = id === undefined ? undefined : cards.get(id);
    heading = card && Math.abs(feed.scrollTop - card.offsetTop) >= 1 ? id : undefined;
    if (!card || heading === undefined) return;
    feed.scrollTo({ top: card.offsetTop, behavior });
  }

  return {
    draw(session) {
      const { trail, current, next } = session;
      const at = current ? trail.findIndex(({ id }) => id === current.id) : trail.length;
      const start = Math.max(0, at - KEPT);
      const entries = [...trail, ...next.slice(0, 1)].slice(start, at + KEPT + 1);
      const wanted = entries.map((entry) => cards.get(entry.id) ?? drawCard(entry));
      const hadFocus = document.activeElement !== null && feed.contains(document.activeElement);
      wantedIds = new Set(entries.map(({ id }) => id));
      // The cards in sight go when they are out of sight; the others at once, or they would lie in the way.
      sweep(currentId, leavingId);
      wanted.forEach((card, i) => {
        const entry = entries[i]!;
        cards.set(entry.id, card);
        const isCurrent = entry.id === current?.id;
        card.classList.toggle("current", isCurrent);
        card.tabIndex = isCurrent ? 0 : -1;
        card.setAttribute("aria-posinset", String(start + i + 1));
        card.dataset["position"] = String(entry.position);
        sayVerdict(card, session.verdictOf(entry.id));
      });
      place(wanted);
      feed.setAttribute("aria-busy", String(!current));
      const isOther = current?.id !== currentId;
      if (isOther) leavingId = currentId;
      currentId = current?.id;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (isOther) scrollTo(currentId, still ? "instant" : "smooth");
      if (isOther && hadFocus && currentId !== undefined) cards.get(currentId)?.focus({ preventScroll: true });
      if (heading === undefined || still) sweep();
    },
  };

  /** The card that the feed has come to rest at is the current one, unless the feed is on its way to another. */
  function rest(): void {
    // The browser scrolls for a new size before it tells of it.
    if (feed.clientHeight !== height) return resized();
    const off = (card: HTMLElement) => Math.abs(card.offsetTop - feed.scrollTop);
    const [nearest] = [...cards].sort(([, a], [, b]) => off(a) - off(b));
    if (!nearest || (heading !== undefined && heading !== nearest[0])) return;
    heading = undefined;
    if (nearest[0] !== currentId) arrived(nearest[0]);
    sweep();
  }

  /** Brings cards into their order; those that are about to go stay where they are. */
  function place(wanted: readonly HTMLElement[]): void {
    let after: Element | null = null;
    for (const card of wanted) {
      let next: Element | null = after ? after.nextElementSibling : feed.firstElementChild;
      while (next instanceof HTMLElement && !wantedIds.has(next.dataset["item"]!)) next = next.nextElementSibling;
      if (next !== card) feed.insertBefore(card, next);
      after = card;
    }
  }

  /** Takes away what is not wanted any more. */
  function sweep(...except: (string | undefined)[]): void {
    if (except.length === 0) leavingId = undefined;
    for (const [id, card] of cards) {
      if (wantedIds.has(id) || except.includes(id)) continue;
      cards.delete(id);
      card.remove();
    }
  }
}

function drawCard({ id, item, sources }: Entry<Film>): HTMLElement {
  const title = element("h2", { class: "title", attributes: { id: `title-${id}` } }, filmTitle(item));
  return element(
    "article",
    {
      class: "card",
      attributes: { "data-item": id, "aria-labelledby": `title-${id}`, "aria-setsize": "-1" },
    },
    element("div", { class: "poster" }, drawPoster(item)),
    element("p", { class: "verdict" }),
    element(
      "div",
      { class: "card-words" },
      element("p", { class: "source" }, sourceWords(sources)),
      title,
      element("p", { class: "line" }, filmLine(item, GENRES)),
    ),
  );
}

function sayVerdict(card: HTMLElement, verdict: Verdict | undefined): void {
  const place = card.querySelector<HTMLElement>(".verdict")!;
  const words = verdict ? VERDICTS[verdict] : "";
  if (place.textContent !== words) place.textContent = words;
}
