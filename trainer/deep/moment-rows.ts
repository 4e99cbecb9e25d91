/** The columns of `moment.ts` in plain numbers, a row at a time: what the kernel is given. */
import { DAYS_PER_WEEK, HOURS_PER_DAY } from "./model-numbers.ts";
import { SURFACE_COUNT } from "./model-shape.ts";

/** One row of `momentColumns` in plain numbers. */
export function putMomentColumns(context: Float32Array, at: number, out: Float32Array, to: number): void {
  const [hours, hour, weekday, count, surface] = context.subarray(at);
  const hourAngle = (hour * 2 * Math.PI) / HOURS_PER_DAY;
  const weekdayAngle = (weekday * 2 * Math.PI) / DAYS_PER_WEEK;
  out[to] = Math.log1p(hours);
  out[to + 1] = Math.exp(-hours);
  out[to + 2] = Math.sin(hourAngle);
  out[to + 3] = Math.cos(hourAngle);
  out[to + 4] = Math.sin(weekdayAngle);
  out[to + 5] = Math.cos(weekdayAngle);
  out[to + 6] = Math.log1p(count);
  for (let kind = 0; kind < SURFACE_COUNT; kind++) out[to + 7 + kind] = Math.max(0, 1 - Math.abs(surface - kind));
}

/** One row of `gapColumns` in plain numbers. @param gap hours since the event before, 0 for the first one */
export function putGapColumns(gap: number, out: Float32Array, to: number): void {
  const hours = Math.max(0, gap);
  out[to] = Math.log1p(hours);
  out[to + 1] = Math.exp(-hours);
  out[to + 2] = Math.exp(-hours / HOURS_PER_DAY);
}
