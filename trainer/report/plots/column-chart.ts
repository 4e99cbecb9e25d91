/** Upright bars side by side, one or two a group: histograms, and shares that are compared. */
import { html, type Html } from "../html.ts";
import { linearScale, place, roundTicks } from "./scale.ts";

export interface ColumnChart {
  /** For readers that see no picture. */
  readonly title: string;
  /** What the bars of a group are; the first is what the report is about. */
  readonly names: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly xName: string;
  readonly y: (value: number) => string;
}

const WIDTH = 380;
const HEIGHT = 232;
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 8, 10, 44];
const TONES = ["own", "other"];

/** Between bars that touch, so that they are told apart. */
const GAP = 2;
const MOST_BAR_WIDTH = 24;

/** Labels of groups that there is room for. */
const MOST_LABELS = 10;

export function columnChart({ title, names, groups, xName, y }: ColumnChart): Html {
  const yTicks = roundTicks(0, Math.max(...groups.flatMap(({ values }) => values), 0), 4);
  const toY = linearScale(0, yTicks.at(-1)!, HEIGHT - BOTTOM, TOP);
  const base = HEIGHT - BOTTOM;
  const slot = (WIDTH - RIGHT - LEFT) / groups.length;
  const bar = Math.min(MOST_BAR_WIDTH, (slot * 0.8) / names.length - GAP);
  const every = Math.ceil(groups.length / MOST_LABELS);
  const middle = (g: number) => LEFT + (g + 0.5) * slot;
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
    ${yTicks.map((value) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${place(toY(value))}" y2="${place(toY(value))}" /><text class="tick" x="${LEFT - 6}" y="${place(toY(value))}" dy=".35em" text-anchor="end">${y(value)}</text>`)}
    ${groups.map(({ label, values }, g) => values.map((value, b) => html`<path class="bar ${TONES[b]}" d="${columnPath(middle(g) + (b - names.length / 2) * (bar + GAP) + GAP / 2, bar, toY(value), base)}"><title>${label}, ${names[b]}: ${y(value)}</title></path>`))}
    <line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${base}" y2="${base}" />
    ${groups.map(({ label }, g) => g % every === 0 && html`<text class="tick" x="${place(middle(g))}" y="${base + 20}" text-anchor="middle">${label}</text>`)}
    <text class="name" x="${place((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${xName}</text>
  </svg>`;
}

const ROUNDING = 3;

/** Round where the value is, square on the axis. */
function columnPath(x: number, width: number, top: number, base: number): string {
  const r = Math.min(ROUNDING, width / 2, base - top);
  const [left, right, t, b] = [x, x + width, top, base].map(place);
  const [inLeft, inRight, under] = [x + r, x + width - r, top + r].map(place);
  return `M${left} ${b}V${under}Q${left} ${t} ${inLeft} ${t}H${inRight}Q${right} ${t} ${right} ${under}V${b}Z`;
}
