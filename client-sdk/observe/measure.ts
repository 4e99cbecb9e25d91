/** What the browser's records say of an element: how much of it is on the screen, which way it left, what was played. */

/** 0–1: of the element; of one larger than the viewport: of what the viewport can hold of it. */
export function shareOnScreen(record: IntersectionObserverEntry): number {
  const { intersectionRect: part, boundingClientRect: box, rootBounds: view } = record;
  // In a frame of another origin the viewport's size is a secret.
  if (!view) return record.intersectionRatio;
  return (part.width * part.height) / (Math.min(box.width, view.width) * Math.min(box.height, view.height));
}

/**
 * Whether a person who scrolls in the direction of reading has passed the element: it went up, or to where lines begin.
 * Compares places and not with the viewport's edge, because what scrolls may be a box in the middle of the page.
 *
 * @param from where it was on the screen last
 * @param to where it is now
 */
export function wasPassed(element: Element, from: DOMRectReadOnly, to: DOMRectReadOnly): boolean {
  // Removed, or not rendered.
  if (to.width === 0 || to.height === 0) return false;
  const up = from.top - to.top;
  const left = from.left - to.left;
  if (Math.abs(up) >= Math.abs(left)) return up > 0;
  return getComputedStyle(element).direction === "rtl" ? left < 0 : left > 0;
}

/** The part of a video or a sound that was played, 0–1, what was played twice counted once; undefined of a live stream. */
export function playedFraction({ played, duration }: HTMLMediaElement): number | undefined {
  if (!(duration > 0 && duration < Infinity)) return undefined;
  let seconds = 0;
  for (let i = 0; i < played.length; i++) seconds += played.end(i) - played.start(i);
  return Math.min(1, seconds / duration);
}
