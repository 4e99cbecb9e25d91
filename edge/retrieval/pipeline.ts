// Retrieval as one sees it from above: sources → (hydrator → filter → scorer, inside each) → selector → answer.
//
// | stage    | over the whole catalogue: nearest, popular, fresh, explore | over a list of items: similar, trending |
// | -------- | ---------------------------------------------------------- | --------------------------------------- |
// | source   | every row                                                  | stored neighbours; counts by id         |
// | hydrator | the columns lie in memory                                  | ids become rows                         |
// | filter   | a mask of all rows, made once a request                    | the columns of these rows               |
// | scorer   | dot product; popularity; date; a drawn order               | summed weights; counts                  |
// | selector | top-k under the mask, then `select-candidates.ts`          | the first of its quota, then the same   |
//
// Over the whole catalogue the middle stages are one pass of the index, because a stage of its own would write a million
// rows for the next to read. In either case the filter comes before anything is counted: a quota is a quota of what passes.

import type { Filter } from "../../shared/filter.ts";
import type { Source } from "../../shared/sources.ts";
import type { Hit } from "./candidates.ts";
import { selectCandidates } from "./select-candidates.ts";
import type { RankedRows } from "./select-candidates.ts";

/** What every source is told of a request. */
export interface Wanted {
  /** Rows of the whole answer. */
  readonly count: number;
  readonly filter: Filter;
  /** Told the name of each part of an index that did not answer. */
  readonly onMissing?: (part: string) => void;
}

/** One reason to be a candidate. */
export interface CandidateSource {
  readonly name: Source;
  /**
   * Its ranked lists, best first: rows that pass the filter, none twice in one list. Several lists take turns.
   *
   * @param most rows a list; more are not looked at
   */
  find(wanted: Wanted, most: number): Promise<readonly RankedRows[]>;
}

/** A source and how many places of an answer are kept for what it finds. */
export interface QuotedSource {
  readonly source: CandidateSource;
  readonly quota: number;
}

/** Which sources an answer is made of. */
export interface Pipeline {
  /** These take turns in the places that no quota takes, and in those of quotas whose source has less. */
  readonly filling: readonly CandidateSource[];
  /** Together at most `count`. */
  readonly quoted: readonly QuotedSource[];
}

/** Runs the sources at once and selects of what they find. */
export async function findCandidates({ filling, quoted }: Pipeline, wanted: Wanted): Promise<Hit[]> {
  const kept = quoted.filter(({ quota }) => quota > 0);
  const [fillers, others] = await Promise.all([
    Promise.all(filling.map((source) => source.find(wanted, wanted.count))),
    Promise.all(kept.map(({ source, quota }) => source.find(wanted, quota))),
  ]);
  return selectCandidates(
    { filling: fillers.flat(), quoted: others.map((lists, at) => ({ lists, quota: kept[at]!.quota })) },
    wanted.count,
  );
}
