/** When and where a list is asked for, by the page's clock, and whether anybody sees the page. */
import type { PageMoment } from "./messages.ts";

export function pageMoment(now: number, draw: string): PageMoment {
  return { now, utcOffsetMinutes: -new Date(now).getTimezoneOffset(), draw };
}

/**
 * Calls when the page may never run again, after every listener of the page itself has had its say: what that tells is
 * still in time.
 *
 * @returns ends the watch
 */
export function watchLeaving(leave: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  const changed = () => document.visibilityState === "hidden" && leave();
  // Both bubble up to the window last, and which of the two comes last depends on how the page ends.
  addEventListener("visibilitychange", changed);
  addEventListener("pagehide", leave);
  return () => {
    removeEventListener("visibilitychange", changed);
    removeEventListener("pagehide", leave);
  };
}

/** Says at once where the page is not seen: it was opened in the background. @returns ends the watch */
export function watchVisibility(report: (visible: boolean) => void): () => void {
  if (typeof document === "undefined") return () => {};
  const changed = () => report(document.visibilityState === "visible");
  if (document.visibilityState !== "visible") changed();
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
