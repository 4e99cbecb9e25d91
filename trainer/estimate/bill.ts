/** What a month costs: what is done and what is stored, each against its price. */
import type { Catalogue } from "./catalogue.ts";
import type { Measured } from "./measured.ts";
import { operationsOf, rowsLetGo } from "./operations.ts";
import type { Operations, Place } from "./operations.ts";
import { PLAN_DOLLARS, PRICES } from "./prices.ts";
import type { Billed } from "./prices.ts";
import { EVENT_KINDS, trafficOf } from "./workload.ts";
import type { Mode, Traffic, Workload } from "./workload.ts";

/** A month of bills has 30 days. */
export const MONTH_SECONDS = 30 * 24 * 3_600;
const BYTES_A_GB = 1e9;
/** How long the store knows an id (`EVENT_LIMITS.maxAgeMs`), as a share of a month. */
const IDS_KEPT = 14 / 30;

/** What is kept beside what people do. */
export interface Kept {
  /** Months of the log. */
  readonly logMonths: number;
  /** Releases in the bucket. */
  readonly releases: number;
}

/** One line of a bill. */
export interface BillLine {
  readonly of: Billed;
  readonly unit: string;
  readonly quantity: number;
  readonly dollars: number;
}

export interface Bill {
  readonly mode: Mode;
  readonly traffic: Traffic;
  readonly operations: Operations;
  /** What was neither free nor nothing, dearest first. */
  readonly lines: readonly BillLine[];
  /** With the plan. */
  readonly dollars: number;
  readonly bucketGb: number;
  readonly objectGb: number;
}

/** The month of a mode. */
export function billOf(mode: Mode, { workload, catalogue, measured, place, kept }: Estimated): Bill {
  const traffic = trafficOf(mode, workload, catalogue, measured);
  const operations = operationsOf(traffic, place, catalogue, measured);
  const events = EVENT_KINDS.reduce((sum, kind) => sum + traffic.events[kind], 0);
  const bucketGb =
    (events * measured.events.logBytes * kept.logMonths + catalogue.storedBytes * kept.releases) / BYTES_A_GB;
  const objectGb = (events * IDS_KEPT * measured.events.idBytes) / BYTES_A_GB;
  const quantities: Readonly<Record<Billed, number>> = {
    ...operations,
    // Once they have been kept for their time, as many are let go as come.
    rowsWritten: operations.rowsWritten + rowsLetGo(traffic, measured),
    bucketGb,
    objectGb,
    vectorsStored: place.vectorize && mode === "edge" ? catalogue.items * catalogue.dim : 0,
    vectorsQueried: operations.vectorsQueried + (operations.vectorsQueried > 0 ? catalogue.items * catalogue.dim : 0),
  };
  const lines = (Object.keys(PRICES) as Billed[])
    .map((of) => ({ of, unit: PRICES[of].unit, quantity: quantities[of], dollars: dollarsOf(of, quantities[of]) }))
    .filter(({ quantity }) => quantity > 0)
    .sort((a, b) => b.dollars - a.dollars);
  const dollars = PLAN_DOLLARS + lines.reduce((sum, line) => sum + line.dollars, 0);
  return { mode, traffic, operations, lines, dollars, bucketGb, objectGb };
}

/** What a bill is of. */
export interface Estimated {
  readonly workload: Workload;
  readonly catalogue: Catalogue;
  readonly measured: Measured;
  readonly place: Place;
  readonly kept: Kept;
}

/** Of so many in a month, beyond what the plan includes. */
export function dollarsOf(of: Billed, quantity: number): number {
  const { included, dollars, per } = PRICES[of];
  return (Math.max(0, quantity - included) / per) * dollars;
}
