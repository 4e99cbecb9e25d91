/** Lines over a number, with bands for their intervals. Drawn for the width of a phone, so that its text stays readable there. */
import { type Content, html, type Html } from "../html.ts";
import { linearScale, place, roundTicks, type Tick } from "./scale.ts";

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Line {
  readonly name: string;
  /** Which colour of the page: `own` is what the report is about, `other` what it is held against. */
  readonly tone: "own" | "other";
  readonly points: readonly LinePoint[];
  /** A dot on every point; by default. Not where they lie too close. */
  readonly dots?: boolean;
}

export interface LineChart {
  /** For readers that see no picture. */
  readonly title: string;
  readonly lines: readonly Line[];
  readonly xTicks: readonly Tick[];
  readonly xName: string;
  readonly y: (value: number) => string;
  /** Values that the axis shows whatever the lines do. */
  readonly yIncludes?: readonly number[];
  /** An upright line at a value of x, with words. */
  readonly mark?: Tick;
  /** Whether x = y is drawn, where both are of one kind. */
  readonly diagonal?: boolean;
}

const WIDTH = 380;
const HEIGHT = 232;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 24, 22, 44];

export function lineChart({ title, lines, xTicks, xName, y, yIncludes = [], mark, diagonal }: LineChart): Html {
  const points = lines.flatMap((line) => line.points);
  const values = [...points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]), ...yIncludes];
  const yTicks = roundTicks(Math.min(...values), Math.max(...values), 4);
  const xs = [...points.map((p) => p.x), ...xTicks.map((tick) => tick.at)];
  const toX = linearScale(Math.min(...xs), Math.max(...xs), LEFT, WIDTH - RIGHT);
  const toY = linearScale(yTicks[0], yTicks.at(-1)!, HEIGHT - BOTTOM, TOP);
  const [px, py] = [(value: number) => place(toX(value)), (value: number) => place(toY(value))];
  const base = HEIGHT - BOTTOM;
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
    ${yTicks.map((value) => html`<line class="${value === 0 ? "axis" : "grid"}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(value)}" y2="${py(value)}" /><text class="tick" x="${LEFT - 6}" y="${py(value)}" dy=".35em" text-anchor="end">${y(value)}</text>`)}
    <line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${base}" y2="${base}" />
    ${xTicks.map(({ at, label }) => html`<text class="tick" x="${px(at)}" y="${base + 20}" text-anchor="middle">${label}</text>`)}
    <text class="name" x="${place((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${xName}</text>
    ${diagonal && html`<line class="reference" x1="${px(x0)}" y1="${py(x0)}" x2="${px(x1)}" y2="${py(x1)}" />`}
    ${mark && html`<line class="reference" x1="${px(mark.at)}" x2="${px(mark.at)}" y1="${TOP}" y2="${base}" /><text class="name" x="${px(mark.at)}" y="${TOP - 8}" text-anchor="${anchorAt(toX(mark.at))}">${mark.label}</text>`}
    ${lines.map((line) => bandOf(line, px, py))}
    ${lines.map((line) => html`<polyline class="line ${line.tone}" points="${line.points.map((p) => `${px(p.x)},${py(p.y)}`).join(" ")}" />`)}
    ${lines.map((line) => (line.dots ?? true) && line.points.map((p): Content => html`<circle class="dot ${line.tone}" cx="${px(p.x)}" cy="${py(p.y)}" r="4"><title>${line.name}: ${y(p.y)}</title></circle>`))}
  </svg>`;
}

function bandOf({ tone, points }: Line, px: (x: number) => string, py: (y: number) => string): Content {
  if (points.some((p) => p.low === undefined || p.high === undefined)) return undefined;
  const upper = points.map((p) => `${px(p.x)},${py(p.high!)}`);
  const lower = points.map((p) => `${px(p.x)},${py(p.low!)}`).reverse();
  return html`<polygon class="band ${tone}" points="${[...upper, ...lower].join(" ")}" />`;
}

/** Words at the edge of a plot stay within it. */
function anchorAt(x: number): string {
  if (x < LEFT + 40) return "start";
  return x > WIDTH - RIGHT - 40 ? "end" : "middle";
}
