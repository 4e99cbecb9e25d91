/** Cuts a dataset into what is trained on, what choices are made on, and what is only measured on. By user, by order. */
import { type Dataset, selectEvents } from "../read/dataset.ts";

export interface Split {
  /** For choices: events before the validation part. */
  readonly train: Dataset;
  /** For the table: events before the test part. */
  readonly trainAndValidation: Dataset;
  /** Events of the whole dataset, by position in it. */
  readonly validation: readonly TargetRange[];
  readonly test: readonly TargetRange[];
}

/** One user's held-out events: positions `from` to `to` of the whole dataset. What came before them is the history. */
export interface TargetRange {
  readonly user: number;
  readonly from: number;
  readonly to: number;
}

/** Users with fewer events left to learn from are not held out: nothing could be known of them. */
const LEAST_HISTORY = 1;

/** The last `count` events of each user are the test part, the `count` before them validation. */
export function splitLast(dataset: Dataset, count: number): Split {
  const { start } = dataset.events;
  const validation: TargetRange[] = [];
  const test: TargetRange[] = [];
  const train: number[] = [];
  const trainAndValidation: number[] = [];
  for (let user = 0; user < dataset.users.length; user++) {
    const [begin, end] = [start[user], start[user + 1]];
    const testFrom = end - begin >= 2 * count + LEAST_HISTORY ? end - count : end;
    const validationFrom = testFrom < end ? testFrom - count : end;
    if (testFrom < end) {
      test.push({ user, from: testFrom, to: end });
      validation.push({ user, from: validationFrom, to: testFrom });
    }
    for (let e = begin; e < testFrom; e++) trainAndValidation.push(e);
    for (let e = begin; e < validationFrom; e++) train.push(e);
  }
  return {
    train: selectEvents(dataset, train),
    trainAndValidation: selectEvents(dataset, trainAndValidation),
    validation,
    test,
  };
}
