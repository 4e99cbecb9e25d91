/** The bars beside the film: the genres of the next films, and the taste the profile holds. */
import type { Entry, ProfileSummary } from "nearfeed";
import { element } from "./element.ts";
import type { Film } from "./film.ts";
import { coloursOf, GENRES } from "./genre-palette.ts";

const BARS = 6;

/** Deviations of taste that fill a bar; a few likes of one genre reach about this. */
const FULL_TASTE = 2;

/** The genres of the entries as shares, most frequent first. */
export function drawMix(list: HTMLElement, entries: readonly Entry<Film>[]): void {
  const counts = new Map<string, number>();
  for (const { item } of entries) for (const genre of item.categories) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const top = [...counts]
    .filter(([genre]) => GENRES.includes(genre))
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, BARS);
  const bars = top.map(([genre, count]) => ({ genre, share: count / entries.length, words: `${count}` }));
  update(list, bars);
}

/** The strongest tastes of the profile; says so where there is none yet. */
export function drawTaste(list: HTMLElement, profile: ProfileSummary): void {
  const strongest =
    profile.positives === 0
      ? []
      : profile.categories.filter(({ name, taste }) => taste > 0 && GENRES.includes(name)).slice(0, BARS);
  const bars = strongest.map(({ name, taste }) => {
    return { genre: name, share: Math.min(1, taste / FULL_TASTE), words: `+${taste.toFixed(1)}` };
  });
  update(list, bars);
}

interface Bar {
  readonly genre: string;
  /** 0–1 of the bar's length. */
  readonly share: number;
  readonly words: string;
}

/** Keeps the bars that stay, so that they grow and shrink instead of blinking. */
function update(list: HTMLElement, bars: readonly Bar[]): void {
  const old = new Map([...list.querySelectorAll<HTMLElement>(".bar-row")].map((row) => [row.dataset["genre"], row]));
  const rows = bars.map(({ genre, share, words }) => {
    const row = old.get(genre) ?? drawBar(genre);
    row.style.setProperty("--share", share.toFixed(3));
    row.querySelector(".bar-value")!.textContent = words;
    return row;
  });
  list.replaceChildren(...rows);
}

function drawBar(genre: string): HTMLElement {
  const row = element(
    "li",
    { class: "bar-row", attributes: { "data-genre": genre } },
    element("span", { class: "bar-label" }, genre),
    element("span", { class: "bar-value" }),
    element("span", { class: "bar-track" }),
  );
  row.style.setProperty("--colour", coloursOf(genre).sky);
  return row;
}
