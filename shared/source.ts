// Why a candidate is here. A candidate may have several sources; files carry them as bits, in the order of this list.

/** The sources of candidates; position = bit in the `source` column of a candidates file. Append only. */
export const SOURCES = ["nearest", "trending", "fresh", "popular", "similar", "explore"] as const;

/** One reason for a candidate. */
export type Source = (typeof SOURCES)[number];

/** The bit of a source. */
export function sourceBit(source: Source): number {
  return 1 << SOURCES.indexOf(source);
}

/** The sources of a bit set, in the order of {@link SOURCES}; unknown bits are ignored. */
export function sourcesOf(bits: number): Source[] {
  return SOURCES.filter((_, i) => (bits & (1 << i)) !== 0);
}
