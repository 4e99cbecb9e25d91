/** Scores exposures by all that a release has: its linear floor, and the deep one where there are graphs. */
import { openDeepSession } from "./deep-scorer.ts";
import type { JobBase } from "./open-job.ts";
import { scoreExposures, type TemporalOptions, type TemporalScores } from "./temporal.ts";

export type ReleaseExposures = Omit<TemporalOptions, "deep"> & Pick<JobBase, "graphs">;

/** @throws NearfeedError as {@link scoreExposures}, and where the graphs cannot be run */
export async function scoreByRelease({ graphs, ...options }: ReleaseExposures): Promise<TemporalScores> {
  if (graphs === undefined) return scoreExposures(options);
  const deep = await openDeepSession(graphs, options.model);
  try {
    return await scoreExposures({ ...options, deep });
  } finally {
    await deep.release();
  }
}
