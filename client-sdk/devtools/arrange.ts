/**
 * Puts the rows of a list into an order in which they glide to their places: in the document they only change places, on
 * the screen only their transform changes, so that nothing else on the page moves.
 */

/** Makes `list` hold exactly `wanted`, in this order. The row that has the focus is not moved: that would lose it. */
export function arrange(list: HTMLElement, wanted: readonly HTMLElement[]): void {
  for (const row of Array.from(list.children)) if (!wanted.includes(row as HTMLElement)) row.remove();
  const { activeElement } = list.getRootNode() as ShadowRoot;
  const focused = wanted.findIndex((row) => activeElement !== null && row.contains(activeElement));
  wanted.forEach((row, i) => {
    row.style.setProperty("--row", String(i));
    if (i < focused) list.insertBefore(row, wanted[focused]!);
    else if (i > focused) list.append(row);
  });
}
