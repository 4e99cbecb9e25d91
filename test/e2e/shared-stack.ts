/** What the global setup hands to the tests: the stack that all of them share, and how its start went. Types and limits. */

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

export interface SharedStack {
  readonly url: string;
  readonly secret: string;
  readonly state: string;
  /** Ids of the two releases that the first start made. */
  readonly releases: { readonly linear: string; readonly deep: string };
  readonly timings: Timings;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: SharedStack;
  }
}
