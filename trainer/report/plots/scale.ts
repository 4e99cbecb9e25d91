/** Where values lie on a plot, and which of them an axis names. */

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** A map from values to places; a domain of one value lies in the middle. */
export function linearScale(from: number, to: number, start: number, end: number): (value: number) => number {
  if (to === from) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** Steps that people count in. */
const STEPS = [1, 2, 2.5, 5, 10];

/** Round values from below `from` to above `to`, about `count` of them. */
export function roundTicks(from: number, to: number, count: number): number[] {
  const range = to - from || Math.abs(to) || 1;
  const raw = range / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * STEPS.find((each) => each * power >= raw * (1 - 1e-9))!;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(to / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Places behind the point that a list of values needs, at most six. */
export function digitsOf(values: readonly number[]): number {
  const isWhole = (value: number, digits: number) =>
    Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6;
  let digits = 0;
  while (digits < 6 && !values.every((value) => isWhole(value, digits))) digits++;
  return digits;
}

/** A coordinate as it is written: a tenth of a pixel is enough. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A part of a width, as CSS and SVG write it. */
export function share(value: number): string {
  return `${Math.round(value * 10_000) / 100}%`;
}
