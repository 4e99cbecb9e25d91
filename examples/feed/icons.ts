/** The icons of the buttons, drawn as strokes in the colour of the text. */

const PATHS = {
  like: '<path d="M12 20S4 15 4 9.5a4.25 4.25 0 0 1 8-2 4.25 4.25 0 0 1 8 2C20 15 12 20 12 20Z"/>',
  skip: '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
  hide: '<path d="M4 4l16 16M10 5.7A9 9 0 0 1 21.5 12a13 13 0 0 1-2 2.9M6.3 7.5A13 13 0 0 0 2.5 12 10.4 10.4 0 0 0 15.7 17.6"/>',
  undo: '<path d="M8 5 4 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-3"/>',
  why: '<path d="M9 9a3 3 0 0 1 6 .3c0 2.2-3 2.5-3 4.7M12 18v.01"/>',
} as const;

export type IconName = keyof typeof PATHS;

/** An SVG of 24 × 24, hidden from screen readers: the button carries the words. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  svg.innerHTML = PATHS[name];
  return svg;
}
