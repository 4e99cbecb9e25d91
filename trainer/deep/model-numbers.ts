/** Numbers of the networks' formulas: the same in jax-js, in the kernel and in the exported graphs. */

/** Far below every score, and finite, so that nothing becomes NaN. */
export const MASKED = 1e9;
/** Keeps a sum of nothing from dividing by zero. */
export const TINY = 1e-9;
/** Inside the root of layer normalisation. */
export const NORM_EPSILON = 1e-5;
/** Keeps the weighted mean finite where nothing is wanted; the least confidence of one signal is far above. */
export const BASE_FLOOR = 1e-3;

export const HOURS_PER_DAY = 24;
export const DAYS_PER_WEEK = 7;
