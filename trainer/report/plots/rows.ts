/**
 * Plots whose rows have names: a dot with its interval, or a bar. Rows of a table with a picture in the middle that takes
 * whatever width there is, so that words keep their size on a phone and on paper.
 */
import { type Content, html, type Html } from "../html.ts";
import { digitsOf, linearScale, roundTicks, share } from "./scale.ts";

export interface WhiskerRow {
  readonly name: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly tone: "own" | "other";
}

export interface WhiskerPlot {
  /** What the rows are of, for the head of the table. */
  readonly of: string;
  readonly quantity: string;
  readonly rows: readonly WhiskerRow[];
  /** Writes a value with so many places behind the point. */
  readonly format: (value: number, digits: number) => string;
  /** Values that the axis shows whatever the rows do. */
  readonly includes?: readonly number[];
}

/** Room at both ends, for dots and numbers that lie there. */
const MARGIN = 0.05;

/** Places of the values beside a plot: an interval of a thousand people is wider than the next. */
const DIGITS = 3;

export function whiskerPlot({ of, quantity, rows, format, includes = [] }: WhiskerPlot): Html {
  const values = [...rows.flatMap(({ mean, low, high }) => [mean, low, high]), ...includes];
  const ticks = roundTicks(Math.min(...values), Math.max(...values), 3);
  const at = linearScale(ticks[0], ticks.at(-1)!, MARGIN, 1 - MARGIN);
  const x = (value: number) => share(at(value));
  const zero = Math.max(0, ticks.indexOf(0));
  const lines = ticks.map(
    (tick) => html`<line class="${tick === 0 ? "axis" : "grid"}" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="100%" />`,
  );
  return html`<table class="rows">
    <thead>
      <tr>
        <th>${of}</th>
        <th class="axis-name">${quantity}</th>
        <th class="number">value <span class="soft">95 % interval</span></th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, mean, low, high, tone }) =>
          html`<tr>
            <th>${name}</th>
            <td class="picture">
              <svg aria-hidden="true">
                ${lines}
                <line class="whisker ${tone}" x1="${x(low)}" x2="${x(high)}" y1="50%" y2="50%" />
                <circle class="dot ${tone}" cx="${x(mean)}" cy="50%" r="5" />
              </svg>
            </td>
            <td class="number">
              ${format(mean, DIGITS)} <span class="soft">${format(low, DIGITS)} to ${format(high, DIGITS)}</span>
            </td>
          </tr>`,
      )}
      <tr class="scale">
        <th></th>
        <td class="picture">
          <svg aria-hidden="true">
            ${ticks.map((tick, i) => html`<text class="tick${(i - zero) % 2 !== 0 && " between"}" x="${x(tick)}" y="14" text-anchor="middle">${format(tick, digitsOf(ticks))}</text>`)}
          </svg>
        </td>
        <td></td>
      </tr>
    </tbody>
  </table>`;
}

export interface BarRow {
  readonly name: Content;
  readonly value: number;
  readonly text: string;
}

/** @param of what the rows are of */
export function barPlot(of: string, quantity: string, rows: readonly BarRow[]): Html {
  const most = Math.max(...rows.map(({ value }) => value), 0) || 1;
  return html`<table class="rows bars">
    <thead>
      <tr>
        <th>${of}</th>
        <th class="axis-name"></th>
        <th class="number">${quantity}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, value, text }) =>
          html`<tr>
            <th>${name}</th>
            <td class="picture">
              <svg aria-hidden="true">
                <rect class="bar own" x="0" y="25%" height="50%" width="${share(value / most)}" rx="2" />
              </svg>
            </td>
            <td class="number">${text}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
