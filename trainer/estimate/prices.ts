/**
 * What Cloudflare bills on the Workers Paid plan, and the limits that it states. As published, in US dollars, without tax;
 * nothing here is measured. Change this file when the pages change: everything else follows from it.
 */

/** The day on which every price below was compared with a stored copy of its page; all of them were found there. */
export const PRICES_READ = "2026-11-27";

/** One thing that is billed. */
export interface Price {
  /** What one is, as it is shown. */
  readonly unit: string;
  /** A month, within the plan. */
  readonly included: number;
  /** Dollars for `per` of them beyond that. */
  readonly dollars: number;
  readonly per: number;
  /** The page of the vendor's documentation that says so. */
  readonly source: string;
}

const MILLION = 1_000_000;

/** The plan's own price a month, which includes what is `included` below. Source: Workers, Pricing. */
export const PLAN_DOLLARS = 5;

/** By what is counted; see `operations.ts` for how. */
export const PRICES = {
  requests: {
    unit: "requests",
    included: 10 * MILLION,
    dollars: 0.3,
    per: MILLION,
    source: "Workers, Pricing",
  },
  cpuMs: { unit: "CPU ms", included: 30 * MILLION, dollars: 0.02, per: MILLION, source: "Workers, Pricing" },
  queueOperations: {
    unit: "queue operations",
    included: MILLION,
    dollars: 0.4,
    per: MILLION,
    source: "Queues, Pricing",
  },
  objectRequests: {
    unit: "object requests",
    included: MILLION,
    dollars: 0.15,
    per: MILLION,
    source: "Durable Objects, Pricing",
  },
  objectGbSeconds: {
    unit: "object GB-s",
    included: 400_000,
    dollars: 12.5,
    per: MILLION,
    source: "Durable Objects, Pricing",
  },
  rowsRead: {
    unit: "rows read",
    included: 25_000 * MILLION,
    dollars: 0.001,
    per: MILLION,
    source: "Durable Objects, Pricing",
  },
  rowsWritten: {
    unit: "rows written",
    included: 50 * MILLION,
    dollars: 1,
    per: MILLION,
    source: "Durable Objects, Pricing",
  },
  objectGb: { unit: "object GB stored", included: 5, dollars: 0.2, per: 1, source: "Durable Objects, Pricing" },
  bucketA: { unit: "bucket writes", included: MILLION, dollars: 4.5, per: MILLION, source: "R2, Pricing" },
  bucketB: { unit: "bucket reads", included: 10 * MILLION, dollars: 0.36, per: MILLION, source: "R2, Pricing" },
  bucketGb: { unit: "bucket GB stored", included: 10, dollars: 0.015, per: 1, source: "R2, Pricing" },
  vectorsQueried: {
    unit: "vector dimensions queried",
    included: 50 * MILLION,
    dollars: 0.01,
    per: MILLION,
    source: "Vectorize, Pricing",
  },
  vectorsStored: {
    unit: "vector dimensions stored",
    included: 10 * MILLION,
    dollars: 0.05,
    per: 100 * MILLION,
    source: "Vectorize, Pricing",
  },
} as const satisfies Record<string, Price>;

/** What is billed. */
export type Billed = keyof typeof PRICES;

/**
 * How some of it is counted. Bytes that leave cost nothing, neither of Workers nor of the bucket (Workers, Pricing; R2,
 * Pricing). KV is not used.
 */
export const BILLING = {
  /** A queue message is written, read and deleted, each by the 64 kB begun. Source: Queues, Pricing. */
  operationsAMessage: 3,
  queueUnitBytes: 64_000,
  queueMessageBytes: 100,
  /** An object is billed as if it held all of this while it is at work. Source: Durable Objects, Pricing. */
  objectGb: 0.128,
  /** A hit of the Worker's own cache costs a request and no CPU, and static files cost requests too. Source: Workers Cache. */
  isCacheHitARequest: true,
} as const;

/** Limits that the vendor states. */
export const PLATFORM_LIMITS = {
  /** Source: Queues, Limits. */
  queueMessagesASecond: 5_000,
  /** Of a SQLite object. Source: Durable Objects, Limits. */
  objectBytes: 10_000_000_000,
  /** Vectors an index. Source: Vectorize, Limits. */
  vectorsAnIndex: 20_000_000,
} as const;
