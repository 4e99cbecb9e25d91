/** Where the milliseconds of a reaction go: the stages of the last one, and how the last hundred were. */
import type { StageTimings } from "../../inspection.ts";
import { element } from "../element.ts";
import type { Watched } from "../watch.ts";
import { milliseconds } from "../words.ts";

/** Reactions that the summary is of. */
const LAST = 100;

const STAGES: readonly (readonly [keyof StageTimings, string])[] = [
  ["profileMs", "profile"],
  ["linearMs", "linear, all items"],
  ["deepMs", "deep, the best 1,000"],
  ["selectMs", "selection"],
];

export function drawTimings({ reactions, lastSwap }: Watched<unknown>): Node[] {
  const last = reactions.at(-1);
  if (!last) return [element("p", { class: "quiet" }, "No reaction yet.")];
  const { stages } = last;
  const known = STAGES.map(([key, name]) => [name, stages?.[key] ?? 0] as const);
  const rest = Math.max(0, last.ms - known.reduce((sum, [, ms]) => sum + ms, 0));
  const rows = [...known, ["page and worker", rest] as const].map(([name, ms]) => {
    const bar = element("span", { class: "term-bar", attributes: { "aria-hidden": "true" } });
    bar.style.setProperty("--share", Math.min(1, ms / Math.max(last.ms, Number.MIN_VALUE)).toFixed(3));
    return element(
      "li",
      { class: "term whole" },
      element("span", { class: "term-label" }, name),
      element("span", { class: "term-value" }, milliseconds(ms)),
      bar,
    );
  });
  const times = reactions
    .slice(-LAST)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const at = (part: number) => milliseconds(times[Math.min(times.length - 1, Math.floor(part * times.length))]!);
  const swap = lastSwap ? ` Last swap ${milliseconds(lastSwap.swapMs)}.` : "";
  return [
    element("ul", { class: "terms" }, ...rows),
    element("p", { class: "quiet" }, `${times.length} reactions: p50 ${at(0.5)}, p95 ${at(0.95)}.${swap}`),
  ];
}
