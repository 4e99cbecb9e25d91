/** What the global setup hands to the tests: a start that trained everything, kept, and how it went. Types and limits. */

/** Figures of a start that trained everything, on this machine and with these sources. */
export interface Timings {
  /** From `npm start` to the printed `nearfeed ready`. */
  readonly readyMs: number;
  /** From then to a list ranked by the linear floor in a fresh browser. */
  readonly usableMs: number;
  /** From `npm start` to the printed `nearfeed deep ready`. */
  readonly deepMs: number;
  /** From `npm start` to the page, open since it was usable, being ranked by the deep floor. */
  readonly swapMs: number;
  /** From a second start, with the state of the first, to `nearfeed ready`. */
  readonly secondReadyMs: number;
}

/** What `npm start` promises on a machine with two cores. */
export const LIMITS = { usableMs: 30_000, swapMs: 180_000, secondReadyMs: 15_000 } as const;

export interface KeptStart {
  /** The state folder that it left. It is everybody's: a test starts on a copy. */
  readonly state: string;
  readonly secret: string;
  /** Ids of the two releases that it made. */
  readonly releases: { readonly linear: string; readonly deep: string };
  readonly timings: Timings;
}

declare module "vitest" {
  interface ProvidedContext {
    kept: KeptStart;
  }
}
