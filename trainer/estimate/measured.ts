/**
 * What this build's requests, events and releases cost, as `npm run bench -- bill --write` measured it on a real edge in
 * workerd. The figures are in `measured.json`, which nobody writes by hand.
 */
import measured from "./measured.json" with { type: "json" };
import type { EventKind, RequestKind } from "./workload.ts";

/** What one request costs. Bytes are of bodies. */
export interface RequestCost {
  readonly bytesIn: number;
  /** Of answers that are files of the release: 0, their sizes are the catalogue's. */
  readonly bytesOut: number;
  /** Reads of the bucket, but for the channels that an isolate remembers. */
  readonly bucketB: number;
  /**
   * Of all of workerd, with its simulators of bucket, queue and objects: more than the Worker's own, which is what is
   * billed.
   */
  readonly cpuMs: number;
}

/** What a Durable Object writes and reads, in rows. */
export interface Work {
  readonly rowsWritten: number;
  readonly rowsRead: number;
}

export interface Measured {
  readonly command: string;
  readonly machine: string;
  readonly requests: Readonly<Record<RequestKind, RequestCost>>;
  /** CPU that an item of the index adds to an answer of retrieve. */
  readonly scanMsAnItem: number;
  readonly events: {
    /** Of an event in an envelope, and of its verdict in the answer. */
    readonly bytesIn: Readonly<Record<EventKind, number>>;
    readonly bytesOut: number;
    /** From the envelope to the log; and of each list that it is counted in. */
    readonly cpuMs: number;
    readonly voteCpuMs: number;
    /** In a part of the log, compressed. */
    readonly logBytes: number;
    /** Of an id, kept for two weeks. */
    readonly idBytes: number;
  };
  readonly store: {
    readonly event: Work;
    /** More where it counts towards what trends. */
    readonly engaged: Work;
    readonly call: Work;
    /** An alarm with what it writes beside the events. */
    readonly flush: Work;
    /** An id that is let go after two weeks. */
    readonly expired: Pick<Work, "rowsWritten">;
  };
  readonly trending: { readonly vote: Work; readonly call: Work; readonly expired: Pick<Work, "rowsWritten"> };
  /** A look at what trends, and at the live part of the catalogue. */
  readonly top: Work;
  readonly state: Work;
  /** An answer of a release in shards. */
  readonly sharded: { readonly callsAShard: number };
  /** Bytes a candidate. */
  readonly candidates: { readonly start: number; readonly retrieve: number };
  readonly pool: {
    /** From bench/results/pool.json. */
    readonly fetchesALike: number;
    /** Share of a pool's cells that one fetch asks for. */
    readonly shareAFetch: number;
  };
  readonly release: {
    readonly items: number;
    readonly dim: number;
    readonly bytesAnItem: Readonly<Record<"index" | "ids" | "catalog" | "neighbours" | "pools" | "rows", number>>;
    /** Files whose size does not depend on the catalogue: constants, encoder, ranker. */
    readonly models: readonly number[];
    readonly cellBytes: number;
    /** Mean items of a block of rows. */
    readonly blockItems: number;
  };
}

/** The figures of this build. */
export const MEASURED: Measured = measured;
