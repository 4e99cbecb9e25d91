import { expect, test } from "vitest";
import type { Constants } from "../../../shared/constants-file.ts";
import { scoringModel } from "../../../shared/model.ts";
import type { Release } from "../../../shared/release.ts";
import {
  linearSection,
  profileSection,
  selectionSection,
  signalsSection,
  uncertaintySection,
} from "../../../shared/scoring-sections.ts";
import { DEFAULT_SIGNALS } from "../../../shared/signals.ts";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld } from "./support/world.ts";

const { model } = createWorld(1);
/** What every release has; the weights of appeal are there for logs that say what was shown. */
const { appeal, ...always } = model.linear;
const SECTIONS = {
  profile: { parse: profileSection, sound: model.profile },
  linear: { parse: linearSection, sound: always },
  selection: { parse: selectionSection, sound: model.selection },
  uncertainty: { parse: uncertaintySection, sound: model.uncertainty },
  signals: { parse: signalsSection, sound: DEFAULT_SIGNALS },
} as const;
type SectionName = keyof typeof SECTIONS;

/** A deep copy with one field set, or removed where the value is undefined. */
function changed(sound: unknown, field: string, value: unknown): unknown {
  const copy = structuredClone(sound) as Record<string, unknown>;
  const keys = field.split(".");
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[keys.at(-1)!];
  else at[keys.at(-1)!] = value;
  return copy;
}

test("sound sections come back as they are, after a journey through JSON", () => {
  for (const [name, { parse, sound }] of Object.entries(SECTIONS)) {
    expect(parse(JSON.parse(JSON.stringify(sound)), name)).toEqual(sound);
  }
});

test("the count of positives whose neighbours matter may be absent, and is a whole number from 1 to 500", () => {
  const withCount = (neighbourPositives: unknown) => linearSection({ ...model.linear, neighbourPositives }, "linear");
  expect(linearSection(model.linear, "linear").neighbourPositives).toBeUndefined();
  expect(withCount(200).neighbourPositives).toBe(200);
  for (const wrong of [0, 501, 1.5]) {
    expectRefusal(() => withCount(wrong), "bad_value", "linear.neighbourPositives");
  }
});

test("weights of appeal may be absent, and are all there where one is", () => {
  expect(linearSection({ ...always, appeal }, "linear").appeal).toEqual(appeal);
  const { like: _, ...without } = appeal!;
  expectRefusal(() => linearSection({ ...always, appeal: without }, "linear"), "missing_field", "linear.appeal.like");
});

test("every field of every section is needed, may not be null or text, and is known by name", () => {
  const halfLives = /halfLife/i;
  for (const name of ["profile", "linear", "selection", "uncertainty"] as const) {
    const { parse, sound } = SECTIONS[name];
    expect(Object.keys(sound).length).toBeGreaterThan(0);
    for (const field of Object.keys(sound)) {
      expectRefusal(() => parse(changed(sound, field, undefined), name), "missing_field", `${name}.${field}`);
      expectRefusal(() => parse(changed(sound, field, "1"), name), "wrong_type", `${name}.${field}`);
      if (!halfLives.test(field)) {
        expectRefusal(() => parse(changed(sound, field, null), name), "wrong_type", `${name}.${field}`);
      }
    }
    expectRefusal(() => parse({ ...sound, typo: 1 }, name), "unknown_field", `${name}.typo`);
  }
});

test.each<[section: SectionName, field: string, value: unknown, code: string, path: string]>([
  ["profile", "alpha", 0, "bad_value", "profile.alpha"],
  ["profile", "lambda", -1, "bad_value", "profile.lambda"],
  ["profile", "lambda", 1e-12, "bad_value", "profile.lambda"],
  ["profile", "nu", -0.1, "bad_value", "profile.nu"],
  ["profile", "nu", 40, "bad_value", "profile.nu"],
  ["profile", "catalogueSize", 0, "bad_value", "profile.catalogueSize"],
  ["profile", "catalogueSize", 1.5, "bad_value", "profile.catalogueSize"],
  ["profile", "taste.halfLifeMs", 0, "bad_value", "profile.taste.halfLifeMs"],
  ["profile", "intent.halfLifePositives", -5, "bad_value", "profile.intent.halfLifePositives"],
  ["profile", "intent.halfLifePositives", NaN, "not_finite", "profile.intent.halfLifePositives"],
  ["profile", "taste.typo", 1, "unknown_field", "profile.taste.typo"],
  ["linear", "taste", NaN, "not_finite", "linear.taste"],
  ["linear", "intent", Infinity, "not_finite", "linear.intent"],
  ["linear", "skip", -0.1, "bad_value", "linear.skip"],
  ["linear", "skipHalfLifeMs", 0, "bad_value", "linear.skipHalfLifeMs"],
  ["linear", "neighbourHalfLifePositives", 0, "bad_value", "linear.neighbourHalfLifePositives"],
  ["linear", "popularityMax", 0, "bad_value", "linear.popularityMax"],
  ["linear", "adjustment", -1, "bad_value", "linear.adjustment"],
  ["linear", "deviation", 0, "bad_value", "linear.deviation"],
  ["selection", "diversity", 1.01, "bad_value", "selection.diversity"],
  ["selection", "diversity", -0.01, "bad_value", "selection.diversity"],
  ["uncertainty", "sigma", -1, "bad_value", "uncertainty.sigma"],
  ["uncertainty", "rhoSquared", NaN, "not_finite", "uncertainty.rhoSquared"],
  ["signals", "dance", DEFAULT_SIGNALS.like, "unknown_field", "signals.dance"],
  ["signals", "like", [], "wrong_type", "signals.like"],
  ["signals", "like.explicit", 1, "wrong_type", "signals.like.explicit"],
  ["signals", "like.steps", [], "bad_value", "signals.like.steps"],
  ["signals", "like.steps", Array(17).fill(DEFAULT_SIGNALS.like!.steps[0]), "too_many", "signals.like.steps"],
  ["signals", "like.steps.0.target", -1, "bad_value", "signals.like.steps[0].target"],
  ["signals", "view.dwellSteps", [], "bad_value", "signals.view.dwellSteps"],
  ["signals", "view.dwellSteps.1.from", 10_000, "bad_value", "signals.view.dwellSteps[1].from"],
  ["signals", "like.steps.0.target", 1.5, "bad_value", "signals.like.steps[0].target"],
  ["signals", "skip.steps.0.confidence", -0.3, "bad_value", "signals.skip.steps[0].confidence"],
  ["signals", "skip.steps.0.repel", undefined, "missing_field", "signals.skip.steps[0].repel"],
  ["signals", "view.measure", "dwell", "bad_value", "signals.view.measure"],
  ["signals", "view.steps.2.from", 0.5, "bad_value", "signals.view.steps[2].from"],
  ["signals", "view.steps.1.from", undefined, "bad_value", "signals.view.steps[1].from"],
])("%s with %s = %j is refused", (section, field, value, code, path) => {
  const { parse, sound } = SECTIONS[section];
  expectRefusal(() => parse(changed(sound, field, value), section), code, path);
});

test("evidence that never fades is written as null", () => {
  const never = { halfLifePositives: null, halfLifeMs: null };
  expect(profileSection({ ...model.profile, taste: never }, "").taste).toEqual(never);
});

test("constants of another space than the release are refused", () => {
  const constants: Constants = { gram: model.gram, categoryWeight: model.categoryWeight, space: "other" };
  const release = { id: "r", ...model, space: "mine" } as unknown as Release;
  expectRefusal(() => scoringModel(release, constants), "wrong_space", "files.constants");
  const { gram, space } = scoringModel(release, { ...constants, space: "mine" });
  expect([gram, space]).toEqual([model.gram, "mine"]);
});
