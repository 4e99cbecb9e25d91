/**
 * Puts the rows of a list into an order in which they glide to their places: in the document they only change places, on
 * the screen only their transform changes, so that nothing else on the page moves.
 */

const MOVE_MS = 320;
const EASING = "cubic-bezier(0.2, 0.7, 0.2, 1)";

/**
 * Makes `list` hold exactly `wanted`, in this order; the style sheet puts row n at n times `--height`. The row that has the
 * focus is not moved in the document: that would lose it.
 */
export function arrange(list: HTMLElement, wanted: readonly HTMLElement[]): void {
  for (const row of Array.from(list.children)) if (!wanted.includes(row as HTMLElement)) row.remove();
  const { activeElement } = list.getRootNode() as ShadowRoot;
  const focused = wanted.findIndex((row) => activeElement !== null && row.contains(activeElement));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  wanted.forEach((row, i) => {
    const before = row.style.getPropertyValue("--row");
    row.style.setProperty("--row", String(i));
    if (i < focused) list.insertBefore(row, wanted[focused]!);
    else if (i > focused) list.append(row);
    if (!still && before !== "" && before !== String(i)) glide(row, before, i);
  });
}

/** Not by a transition of the style sheet: a row that changes its place in the document has none. */
function glide(row: HTMLElement, from: string, to: number): void {
  const at = (place: number | string) => ({ transform: `translateY(calc(${place} * var(--height)))` });
  row.animate([at(from), at(to)], { duration: MOVE_MS, easing: EASING });
}
