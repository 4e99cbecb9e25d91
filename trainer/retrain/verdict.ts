/**
 * What a gate says of two releases: how each did, what they differ by, and whether the new one may take the place of the active one. What
 * they were asked is in `gate.ts` and `shown-gate.ts`.
 */
import { createBootstrap, type Estimate, type PersonSums } from "../evaluate/bootstrap.ts";
import { formatDifference } from "../evaluate/format-difference.ts";

/** By what releases are compared: NDCG of the next like among all items, or GAUC of what was taken of what was shown. */
export const GATE_METRICS = ["NDCG@10", "GAUC"] as const;

export interface Standing {
  readonly floor: "deep" | "linear";
  readonly figure: Estimate;
  /** Likes, or exposures, of items that the release lacks. Such a like is a miss; of such an exposure neither release is asked. */
  readonly unknown: number;
}

export interface Verdict {
  readonly metric: (typeof GATE_METRICS)[number];
  readonly challenger: Standing;
  readonly incumbent: Standing;
  /** The figure of the challenger minus that of the incumbent, over the same draws of people. */
  readonly difference: Estimate;
  readonly people: number;
  /** Likes that were to be guessed, or exposures that were to be ordered. */
  readonly targets: number;
  /** False where the whole interval of the difference lies below zero. */
  readonly passed: boolean;
}

/** A release as it did, person by person. */
export interface Performance {
  readonly floor: Standing["floor"];
  readonly unknown: number;
  readonly sums: PersonSums;
}

export function verdictOf(
  challenger: Performance,
  incumbent: Performance,
  about: Pick<Verdict, "metric" | "people" | "targets">,
  seed: number,
): Verdict {
  const bootstrap = createBootstrap([challenger.sums, incumbent.sums], seed);
  const standing = ({ floor, unknown, sums }: Performance): Standing => ({
    floor,
    figure: bootstrap.estimate(sums),
    unknown,
  });
  const difference = bootstrap.difference(challenger.sums, incumbent.sums);
  return {
    ...about,
    challenger: standing(challenger),
    incumbent: standing(incumbent),
    difference,
    passed: difference.high >= 0,
  };
}

/** What each of them is of. */
export const TARGETS: Readonly<Record<Verdict["metric"], string>> = { "NDCG@10": "likes", GAUC: "exposures" };

/** What was measured, as lines for people. */
export function formatVerdict(verdict: Verdict, from: number): string[] {
  const { metric, challenger, incumbent, difference, people, targets } = verdict;
  const row = (name: string, { floor, figure, unknown }: Standing) =>
    `  ${name}  ${figure.mean.toFixed(4)} (${figure.low.toFixed(4)} to ${figure.high.toFixed(4)}), ${floor} floor${
      unknown > 0 ? `, ${unknown} ${TARGETS[metric]} of items it lacks` : ""
    }`;
  return [
    `gate: ${metric} of ${targets} ${TARGETS[metric]} of ${people} people from ${new Date(from).toISOString()} on, 95 % intervals`,
    row("active", incumbent),
    row("new   ", challenger),
    `  new − active  ${formatDifference(difference)}`,
  ];
}
