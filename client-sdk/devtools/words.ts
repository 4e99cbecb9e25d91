/** Figures and names as people read them. No DOM. */
import type { Floor } from "../types.ts";

export const FLOOR_WORDS: Readonly<Record<Floor, string>> = {
  start: "Start: popular, the same for everybody",
  linear: "Linear: your taste, computed exactly",
  deep: "Deep: a neural ranker on top",
};

/** "7 ms", "0.8 ms" */
export function milliseconds(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
}

const UNITS = ["B", "kB", "MB", "GB"];

/** "312 kB", "1.9 MB"; thousands, as browsers count downloads. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 1 && value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** "9,066 films" */
export function counted(count: number, [one, many]: readonly [string, string]): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** "+0.31", "−0.20": with a sign, because meaning never hangs on a colour alone. */
export function signed(value: number, digits: number): string {
  const figure = Math.abs(value).toFixed(digits);
  if (Number(figure) === 0) return figure;
  return `${value < 0 ? "−" : "+"}${figure}`;
}

/** "14:03:22", the local time. */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString("en", { hour12: false });
}

/** "2026-11-26 13:06", UTC; a time beyond the calendar as its number. */
export function dateWords(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().slice(0, 16).replace("T", " ");
}

/** Digits of a long id that are enough to tell two apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
