/**
 * Seeded random numbers for training and evaluation: the same seed gives the same release on every machine.
 *
 * Not for keys, ids or tokens: those need the system's generator.
 */

/** A generator of uniform numbers in [0, 1). */
export type Random = () => number;

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded by splitmix32; passes BigCrush and needs no 64-bit arithmetic. */
export function createRandom(seed: number): Random {
  let mix = seed | 0;
  const split = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  let [a, b, c, counter] = [split(), split(), split(), 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** One draw of the standard normal (Box–Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** A whole number in [0, bound). */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** Shuffles in place (Fisher–Yates) and returns the array. */
export function shuffle<A extends { [i: number]: T; length: number }, T>(values: A, random: Random): A {
  for (let i = values.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    const kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
  return values;
}
