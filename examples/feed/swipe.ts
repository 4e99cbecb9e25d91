/** A card under a finger: to the right is a like, to the left a skip. Up and down stay the browser's own scrolling. */
import type { Verdict } from "./session.ts";

/** Sideways pixels that mean it. */
const MEANT_PX = 84;
/** Before this a finger may still be about to scroll. */
const SURE_PX = 12;

export function listenForSwipes(feed: HTMLElement, judge: (verdict: Verdict) => void): void {
  let swipe: { readonly id: number; readonly x: number; readonly y: number; readonly card: HTMLElement } | undefined;

  feed.addEventListener("pointerdown", ({ pointerType, pointerId: id, clientX: x, clientY: y, target }) => {
    const card = (target as Element).closest<HTMLElement>(".card.current");
    if (pointerType !== "mouse" && card) swipe = { id, x, y, card };
  });
  feed.addEventListener("pointermove", (event) => {
    if (swipe?.id !== event.pointerId) return;
    const by = sideways(event);
    if (Math.abs(by) < SURE_PX) return;
    swipe.card.style.setProperty("--swipe", `${by}px`);
    swipe.card.dataset["swipe"] = Math.abs(by) < MEANT_PX ? "" : by > 0 ? "like" : "skip";
  });
  feed.addEventListener("pointerup", (event) => {
    if (swipe?.id !== event.pointerId) return;
    const by = sideways(event);
    end();
    if (Math.abs(by) >= MEANT_PX) judge(by > 0 ? "like" : "skip");
  });
  feed.addEventListener("pointercancel", end);

  /** 0 where it goes more up or down. */
  function sideways({ clientX, clientY }: PointerEvent): number {
    const [x, y] = [clientX - swipe!.x, clientY - swipe!.y];
    return Math.abs(x) > Math.abs(y) ? x : 0;
  }

  function end(): void {
    swipe?.card.style.removeProperty("--swipe");
    if (swipe) delete swipe.card.dataset["swipe"];
    swipe = undefined;
  }
}
