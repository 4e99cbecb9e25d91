/** The estimate as a whole: for some people and a catalogue, a bill and its limits for each mode. */
import { billOf, MONTH_SECONDS } from "./bill.ts";
import type { Bill, Kept } from "./bill.ts";
import type { Catalogue } from "./catalogue.ts";
import { limitsOf, shardsOf } from "./limits.ts";
import type { Limit } from "./limits.ts";
import type { Measured } from "./measured.ts";
import { MODES } from "./workload.ts";
import type { Mode, Workload } from "./workload.ts";

/** What is asked for. */
export interface Asked {
  readonly workload: Workload;
  readonly catalogue: Catalogue;
  readonly modes?: readonly Mode[];
  readonly isolates: number;
  /** Share of what is cacheable that the Worker's cache answers. */
  readonly cacheHits: number;
  /** Whether vectors are searched in Vectorize. */
  readonly vectorize: boolean;
  /** The busiest moment against the mean of the month. */
  readonly peak: number;
  readonly kept: Kept;
}

/** A mode's month. */
export interface Estimate extends Bill {
  /** That hold the release; 0 where it is in the Worker. */
  readonly shards: number;
  /** The fullest first. */
  readonly limits: readonly Limit[];
}

/** What most pages are like: five minutes a day. Shares are 0–1. */
export const DEFAULTS = {
  workload: {
    people: 10_000,
    sessions: 30,
    minutes: 5,
    cards: 40,
    views: 10,
    likes: 3,
    full: 1,
    fresh: 0.1,
    releases: 4,
    regions: 10,
  },
  items: 10_000,
  isolates: 20,
  cacheHits: 0,
  vectorize: false,
  peak: 3,
  kept: { logMonths: 12, releases: 3 },
} as const satisfies Omit<Asked, "catalogue"> & { items: number };

/** The months of the modes, in their order. */
export function estimateMonth(asked: Asked, measured: Measured): Estimate[] {
  const { workload, catalogue, modes = MODES, isolates, cacheHits, vectorize, peak, kept } = asked;
  const shards = shardsOf(catalogue);
  const place = { seconds: MONTH_SECONDS, isolates, objectsApart: true, cacheHits, shards, vectorize };
  return modes.map((mode) => {
    const bill = billOf(mode, { workload, catalogue, measured, place, kept });
    return { ...bill, shards, limits: limitsOf(bill, catalogue, place, peak) };
  });
}
