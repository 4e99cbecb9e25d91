/**
 * What both networks make of raw times: columns of the context and of the gaps between events. The exported graphs hold
 * the same formulas (`moment-onnx.ts`), so nothing is normalised outside of them.
 */
import { nn, numpy as np } from "@jax-js/jax";
import type { Tensor } from "./jax.ts";
import { DAYS_PER_WEEK, HOURS_PER_DAY } from "./model-numbers.ts";
import { SURFACE_COUNT } from "./model-shape.ts";

/**
 * @param context `[…, 5]` hours since the last event, local hour, weekday, number of signals, surface
 * @returns `[…, 11]`
 */
export function momentColumns(context: Tensor): Tensor {
  const [hours, hour, weekday, count, surface] = np.split(context, 5, -1);
  const hourAngle = hour.mul((2 * Math.PI) / HOURS_PER_DAY);
  const weekdayAngle = weekday.mul((2 * Math.PI) / DAYS_PER_WEEK);
  const kinds = tensorOfKinds();
  return np.concatenate(
    [
      np.log1p(hours.ref),
      np.exp(np.negative(hours)),
      np.sin(hourAngle.ref),
      np.cos(hourAngle),
      np.sin(weekdayAngle.ref),
      np.cos(weekdayAngle),
      np.log1p(count),
      // One column a surface: 1 where it is this one.
      nn.relu(np.subtract(1, np.abs(surface.sub(kinds)))),
    ],
    -1,
  );
}

function tensorOfKinds(): Tensor {
  return np.array(Array.from({ length: SURFACE_COUNT }, (_, kind) => kind));
}

/**
 * Of the time between each event and the one before it. Gaps, unlike ages, are the same at every point of a sequence,
 * so that training on all points at once sees what serving sees.
 *
 * @param age `[B, L]` hours before the newest event
 * @param mask `[B, L]`
 * @returns `[B, L, 3]`
 */
export function gapColumns(age: Tensor, mask: Tensor): Tensor {
  const [batch, rows] = age.shape;
  const before = np.concatenate([age.ref.slice([], [0, 1]), age.ref.slice([], [0, rows - 1])], 1);
  const known = np.concatenate([np.zeros([batch, 1]), mask.ref.slice([], [0, rows - 1])], 1).mul(mask);
  const gap = nn.relu(before.sub(age)).mul(known);
  return np.stack([np.log1p(gap.ref), np.exp(np.negative(gap.ref)), np.exp(gap.mul(-1 / HOURS_PER_DAY))], -1);
}
