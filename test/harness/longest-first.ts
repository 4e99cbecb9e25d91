/**
 * The order of test files within a group of projects: those that take longest begin, or one of them would run alone at the end. vitest
 * knows how long files took here before; in a fresh clone it knows their sizes, which say little of files that wait for processes.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files, of each group the longest first: what takes half a minute or more on two cores. `npm test` names the slowest of a run. */
export const LONGEST = [
  "node/trainer/commands/cli",
  "node/client-sdk/observe/leaving",
  "workers/garbage-race",
  "workers/resident",
  "node/bench/inversion",
  "workers/compaction",
  "node/client-sdk/observe/scrolling",
  "browser/withdrawal",
  "browser/tabs/several-tabs",
  "browser/hostile-page",
  "browser/storage-compaction",
  "browser/hostile-calls",
  "spark/same-answer",
  "e2e/requests",
  "e2e/loop",
  "e2e/states",
  "e2e/steering-linear",
  "e2e/steering-deep",
  "e2e/draws",
  "e2e/page",
  "e2e/canary",
  "e2e/profile",
  "e2e/edge-stopped",
  "e2e/requests-page",
  "e2e/tabs",
  "e2e/start",
  "e2e/publish",
  "edge/bill",
  "edge/crash",
  "edge/retrain-shown",
  "edge/ingest",
  "edge/retrain",
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
