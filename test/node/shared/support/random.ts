/** Seeded chance for test worlds: the same seed gives the same world on every machine. */

export interface Chance {
  /** In [0, 1). */
  uniform(): number;
  /** 0 to `below` − 1. */
  integer(below: number): number;
  normal(): number;
  pick<T>(from: readonly T[]): T;
}

/** mulberry32. */
export function createChance(seed: number): Chance {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number) => Math.floor(uniform() * below);
  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (from) => from[integer(from.length)]!,
  };
}

/** The numbers 0 to n − 1 in a random order. */
export function shuffled(n: number, chance: Chance): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = chance.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
