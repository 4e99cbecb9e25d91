/**
 * Parsers of the sections of `release.json` that scoring reads. They hold what the formulas need to stay finite: a
 * positive ridge, positive half-lives, targets and confidences in range.
 */
import { EVENT_TYPES } from "./event.ts";
import type { UncertaintyConstants } from "./exploration.ts";
import { MAX_NEIGHBOUR_POSITIVES } from "./linear-weights.ts";
import type { LinearWeights } from "./linear-weights.ts";
import { array, boolean, integer, nullable, number, object, oneOf, optional, pathOf, refuse, taking } from "./parse.ts";
import type { Parser } from "./parse.ts";
import type { ProfileConstants, TimeScale } from "./posterior.ts";
import type { SelectionDefaults } from "./selection-defaults.ts";
import { MAX_SIGNAL_WEIGHT } from "./signals.ts";
import type { SignalRule, SignalStep, SignalTable } from "./signals.ts";

/** Smallest positive number that a ridge or half-life may be: below it the posterior is noise. */
const SMALLEST = 1e-9;
/** ν is fitted in 0–1; far above it the ridge under- or overflows. */
const MAX_NU = 2;
const positive = number({ min: SMALLEST });
const notNegative = number({ min: 0 });
const halfLife = nullable(positive);

const timeScale: Parser<TimeScale> = object({ halfLifePositives: halfLife, halfLifeMs: halfLife });

export const profileSection: Parser<ProfileConstants> = object({
  alpha: positive,
  lambda: positive,
  nu: number({ min: 0, max: MAX_NU }),
  catalogueSize: integer({ min: 1 }),
  taste: timeScale,
  intent: timeScale,
});

export const linearSection: Parser<LinearWeights> = object({
  taste: number(),
  intent: number(),
  neighbour: number(),
  neighbourHalfLifePositives: halfLife,
  neighbourPositives: optional(integer({ min: 1, max: MAX_NEIGHBOUR_POSITIVES })),
  content: number(),
  popularity: number(),
  popularityMax: positive,
  appeal: optional(object({ click: number(), like: number(), finish: number() })),
  skip: notNegative,
  skipHalfLifePositives: halfLife,
  skipHalfLifeMs: halfLife,
  adjustment: notNegative,
  deviation: positive,
});

export const selectionSection: Parser<SelectionDefaults> = object({
  diversity: number({ min: 0, max: 1 }),
  perAuthor: optional(integer({ min: 1 })),
  perCategory: optional(integer({ min: 1 })),
  exploration: optional(
    nullable(object({ first: integer({ min: 0 }), every: integer({ min: 1 }), temperature: positive })),
  ),
});

export const uncertaintySection: Parser<UncertaintyConstants> = object({ sigma: notNegative, rhoSquared: notNegative });

/** Steps a rule may have. */
const MAX_STEPS = 16;

const signalWeight = number({ min: 0, max: MAX_SIGNAL_WEIGHT });

const stepList: Parser<SignalStep[]> = array(
  object({
    from: optional(number()),
    target: number({ min: 0, max: 1 }),
    confidence: signalWeight,
    repel: signalWeight,
  }),
  { min: 1, max: MAX_STEPS },
);

/** The last step reached counts, so thresholds must rise; only the first may be without one. */
const risingSteps: Parser<SignalStep[]> = taking(
  (value, path) => {
    const steps = stepList(value, path);
    for (let i = 1; i < steps.length; i++) {
      const least = steps[i - 1]!.from ?? -Infinity;
      const { from } = steps[i]!;
      if (from === undefined || from <= least) {
        refuse("bad_value", `${pathOf(path, i)}.from`, `above that of the step before (${least})`, from);
      }
    }
    return steps;
  },
  "same",
  stepList,
);

const signalRule: Parser<SignalRule> = object({
  explicit: boolean,
  measure: optional(oneOf(["fraction", "value"])),
  steps: risingSteps,
  dwellSteps: optional(risingSteps),
});

export const signalsSection: Parser<SignalTable> = object(
  Object.fromEntries(EVENT_TYPES.map((type) => [type, optional(signalRule)])),
) as Parser<SignalTable>;
