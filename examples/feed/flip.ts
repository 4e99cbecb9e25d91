/**
 * Moves a list into a new order with a short animation (FLIP: first, last, invert, play). The order is right at once in
 * the document; only the eye is led there. Nothing moves for people who asked for less motion.
 */

const MOVE_MS = 320;
const EASING = "cubic-bezier(.2,.7,.2,1)";

/** Makes `list` hold exactly `wanted`, in this order; elements that stay glide from where they were. */
export function reorder(list: HTMLElement, wanted: readonly HTMLElement[]): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const before = new Map<Element, number>();
  if (!still) for (const child of list.children) before.set(child, child.getBoundingClientRect().top);
  const focused = document.activeElement;
  list.replaceChildren(...wanted);
  if (focused instanceof HTMLElement && list.contains(focused)) focused.focus({ preventScroll: true });
  if (still) return;
  const after = wanted.map((child) => child.getBoundingClientRect().top);
  wanted.forEach((child, i) => {
    const from = before.get(child);
    if (from === undefined) {
      child.animate([{ opacity: 0 }, { opacity: 1 }], { duration: MOVE_MS, easing: EASING });
    } else if (from !== after[i]) {
      const moved = [{ transform: `translateY(${from - after[i]}px)` }, { transform: "none" }];
      child.animate(moved, { duration: MOVE_MS, easing: EASING });
    }
  });
}
