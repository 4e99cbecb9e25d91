/**
 * The order of test files within a group of projects: those of Spark begin, because one of them takes longer than all others
 * and would run alone at the end. Otherwise vitest's own order, the longest first.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

export class SparkFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const rank = ({ project }: TestSpecification) => (project.name === "spark" ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
