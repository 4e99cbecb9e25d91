/** Why a candidate is here. One bit a source, so that a candidate found several ways says all of them. */

/** In the order of their bits; new ones are only ever added at the end. */
export const SOURCES = ["nearest", "trending", "fresh", "popular", "similar", "explore", "neighbour"] as const;

export type Source = (typeof SOURCES)[number];

export function sourceBit(source: Source): number {
  return 1 << SOURCES.indexOf(source);
}

export function sourcesOf(bits: number): Source[] {
  return SOURCES.filter((_, i) => bits & (1 << i));
}
