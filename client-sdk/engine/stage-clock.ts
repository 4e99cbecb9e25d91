/** Measures where the time of one ranking goes. It knows no ranking: whoever ranks says when a stage is done. */
import type { RankStage } from "../../shared/rank.ts";
import type { StageTimings } from "../inspection.ts";

export interface StageClock {
  /** The time since the last stage belongs to this one. */
  done(stage: "profile" | RankStage): void;
  readonly timings: StageTimings;
}

/** @param clock milliseconds of any origin */
export function createStageClock(clock = () => performance.now()): StageClock {
  const timings = { profileMs: 0, linearMs: 0, deepMs: 0, selectMs: 0 };
  let last = clock();
  return {
    done(stage) {
      const now = clock();
      timings[`${stage}Ms`] += now - last;
      last = now;
    },
    timings,
  };
}
