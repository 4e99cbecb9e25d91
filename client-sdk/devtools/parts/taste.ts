/** "Taste now": the strongest categories at both time scales, and the buttons by which a person corrects them. */
import type { CategoryInterest, ProfileSummary } from "../../types.ts";
import { arrange } from "../arrange.ts";
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";
import { signed } from "../words.ts";

const BARS = 6;
/** Deviations of taste that fill a bar; a few likes of one category reach about this. */
const FULL = 2;
/** One press of a button; two reach the end of the scale. */
const STEP = 0.5;

export function createTastePart<T>({ recommender, settings, refresh, announce }: PartContext<T>): Part<T> {
  const none = element("p", { class: "quiet", attributes: { id: "taste-none" } });
  const top = element("ul", { class: "bars", attributes: { id: "taste" } });
  top.style.setProperty("--rows", String(BARS));
  const all = element("ul", { class: "bars", attributes: { id: "taste-all" } });
  const count = element("span");
  const more = element("details", { class: "more waiting" }, element("summary", {}, count), all);
  more.addEventListener("toggle", () => last && draw(last));
  const legend = element(
    "p",
    { class: "legend quiet", attributes: { "aria-hidden": "true", hidden: true } },
    element("span", { class: "swatch thick" }),
    "over time",
    element("span", { class: "swatch thin" }),
    "right now",
  );
  let last: ProfileSummary | undefined;
  /** What was set and is not in a summary yet: two quick presses are two steps. */
  const pending = new Map<string, number>();

  function adjust(name: string, by: number): void {
    const now = pending.get(name) ?? (last ? setOf(last.adjustments, name) : 0);
    const next = Math.max(-1, Math.min(1, now + by));
    if (next === now) return;
    pending.set(name, next);
    recommender.profile.adjust(name, next);
    announce(next === 0 ? `${name} follows your taste again` : `${name} set to ${signed(next, 1)}`);
    refresh();
  }

  function draw(profile: ProfileSummary): void {
    last = profile;
    for (const [name, x] of pending) if (setOf(profile.adjustments, name) === x) pending.delete(name);
    const allowed = profile.categories.filter(({ name }) => settings.categories?.includes(name) ?? true);
    const set = allowed.filter(({ name }) => setOf(profile.adjustments, name) !== 0);
    const strongest = profile.positives === 0 ? [] : allowed.filter(({ taste }) => taste > 0).slice(0, BARS);
    // What the person has set stays in sight, where it is: the next press must not meet another bar.
    const beyond = set.filter((each) => !strongest.includes(each)).slice(0, BARS);
    const kept = strongest.filter((each) => set.includes(each));
    const others = strongest.filter((each) => !set.includes(each)).slice(0, BARS - kept.length - beyond.length);
    const shown = allowed.filter((each) => [...kept, ...others, ...beyond].includes(each)).slice(0, BARS);
    update(top, shown, profile.adjustments);
    top.dataset["positives"] = String(profile.positives);
    none.hidden = shown.length > 0;
    legend.hidden = shown.length === 0;
    say(none, profile.positives > 0 ? "No leaning yet." : "Nothing known about you.");
    more.classList.toggle("waiting", allowed.length === 0);
    say(count, `All ${allowed.length}`);
    if (!more.open) return;
    all.style.setProperty("--rows", String(allowed.length));
    update(all, [...allowed].sort(byName), profile.adjustments);
  }

  /** Keeps the rows that stay, so that bars grow and shrink instead of blinking, and buttons keep the focus. */
  function update(list: HTMLElement, bars: readonly CategoryInterest[], set: ProfileSummary["adjustments"]): void {
    const old = new Map(
      [...list.children].map((row) => [(row as HTMLElement).dataset["category"], row as HTMLElement]),
    );
    const rows = bars.map((bar) => {
      const row = old.get(bar.name) ?? drawRow(bar.name);
      const adjustment = setOf(set, bar.name);
      row.style.setProperty("--taste", share(bar.taste));
      row.style.setProperty("--intent", share(bar.intent));
      row.classList.toggle("down", bar.taste < 0);
      row.classList.toggle("intent-down", bar.intent < 0);
      say(row.querySelector<HTMLElement>(".value")!, signed(bar.taste, 1));
      say(row.querySelector<HTMLElement>(".set")!, adjustment === 0 ? "" : `you: ${signed(adjustment, 1)}`);
      row.querySelector<HTMLElement>(".bar")!.ariaLabel =
        `${bar.name}: ${signed(bar.taste, 1)} over time, ${signed(bar.intent, 1)} right now`;
      for (const button of row.querySelectorAll("button")) {
        // Not disabled, which would take the focus away.
        button.ariaDisabled = String(Number(button.dataset["by"]) * adjustment >= 1);
      }
      return row;
    });
    arrange(list, rows);
  }

  function drawRow(name: string): HTMLElement {
    const button = (by: number, sign: string, words: string) =>
      element(
        "button",
        {
          class: "step",
          attributes: { type: "button", "data-by": Math.sign(by), "aria-label": `${words} ${name}`, title: words },
          onClick: () => adjust(name, by),
        },
        sign,
      );
    const row = element(
      "li",
      { class: "bar-row", attributes: { "data-category": name } },
      element("span", { class: "label" }, name),
      element("span", { class: "set" }),
      element("span", { class: "value" }),
      element("span", { class: "bar", attributes: { role: "img" } }, element("i"), element("b")),
      button(-STEP, "−", "Less"),
      button(STEP, "+", "More"),
    );
    row.style.setProperty("--colour", settings.colour(name));
    return row;
  }

  return {
    element: section("taste-now", "Taste now", none, top, legend, more),
    draw({ profile }) {
      if (profile === last) return;
      if (profile) return draw(profile);
      // Erased: what was drawn of the person goes at once, before anything is known of the next one.
      last = undefined;
      top.replaceChildren();
      all.replaceChildren();
      more.classList.add("waiting");
      pending.clear();
      legend.hidden = none.hidden = true;
    },
  };
}

/** What the person has set; a category may be called like anything that every object has. */
function setOf(adjustments: ProfileSummary["adjustments"], name: string): number {
  return Object.hasOwn(adjustments, name) ? adjustments[name]! : 0;
}

function share(value: number): string {
  return Math.min(1, Math.abs(value) / FULL).toFixed(3);
}

function byName(a: CategoryInterest, b: CategoryInterest): number {
  return a.name < b.name ? -1 : 1;
}
