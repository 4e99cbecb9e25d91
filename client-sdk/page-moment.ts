/** When and where a list is asked for, by the page's clock, and whether anybody sees the page. */
import type { PageMoment } from "./messages.ts";

export function pageMoment(now: number): PageMoment {
  return { now, utcOffsetMinutes: -new Date(now).getTimezoneOffset() };
}

/** @returns ends the watch */
export function watchVisibility(report: (visible: boolean) => void): () => void {
  if (typeof document === "undefined") return () => {};
  const changed = () => report(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
