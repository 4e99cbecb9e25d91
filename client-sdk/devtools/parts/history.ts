/** The strongest tastes as lines over this visit: one point a change of the profile. */
import type { Settings } from "../options.ts";
import { element } from "../element.ts";
import type { Watched } from "../watch.ts";
import { signed } from "../words.ts";

const LINES = 4;
const WIDTH = 320;
const HEIGHT = 72;
const SVG = "http://www.w3.org/2000/svg";

export function drawHistory<T>({ history }: Watched<T>, { colour, categories }: Settings<T>): Node[] {
  const last = history.at(-1);
  if (!last || history.length < 2) return [element("p", { class: "quiet" }, "One point so far: act on something.")];
  const names = [...last.taste]
    .filter(([name]) => categories?.includes(name) ?? true)
    .sort((a, b) => b[1] - a[1])
    .slice(0, LINES)
    .map(([name]) => name);
  const values = names.map((name) => history.map(({ taste }) => taste.get(name) ?? 0));
  const [low, high] = [Math.min(0, ...values.flat()), Math.max(0.1, ...values.flat())];
  const x = (i: number) => ((i / (history.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number) => (HEIGHT - ((value - low) / (high - low)) * HEIGHT).toFixed(1);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`);
  svg.setAttribute("class", "chart");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", names.map((name, i) => `${name} ${signed(values[i]!.at(-1)!, 1)}`).join(", "));
  for (const [i, name] of names.entries()) {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", values[i]!.map((value, n) => `${x(n)},${y(value)}`).join(" "));
    line.style.stroke = colour(name);
    svg.append(line);
  }
  const legend = names.map((name, i) => {
    const swatch = element("span", { class: "swatch thick" });
    swatch.style.background = colour(name);
    return element("li", {}, swatch, `${name} ${signed(values[i]!.at(-1)!, 1)}`);
  });
  return [svg, element("ul", { class: "chart-legend quiet" }, ...legend)];
}
