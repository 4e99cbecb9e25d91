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

/** Whether a user with so many events has enough for `count` of them to be held out, and as many to choose by. */
export function holdsOut(events: number, count: number): boolean {
  return events >= 2 * count + LEAST_HISTORY;
}

/** The last `count` events of each user are the test part, the `count` before them validation. */
export function splitLast(dataset: Dataset, count: number): Split {
  return splitBy(dataset, (events) => {
    const held = holdsOut(events, count) ? count : 0;
    return { test: held, validation: held };
  });
}

/** Of what is left after the test part: as much as the published splits of such data hold out of the whole. */
const VALIDATION_SHARE = 0.2;

/** For sets, whose order means nothing: the test part as in `splitLast`, and a fifth of the rest for validation. */
export function splitSets(dataset: Dataset, count: number): Split {
  return splitBy(dataset, (events) => {
    const test = holdsOut(events, count) ? count : 0;
    return { test, validation: Math.floor((events - test) * VALIDATION_SHARE) };
  });
}

/** @param held how many of a user's events are held out, of so many; the test part comes last */
function splitBy(dataset: Dataset, held: (events: number) => { test: number; validation: number }): Split {
  const { start } = dataset.events;
  const validation: TargetRange[] = [];
  const test: TargetRange[] = [];
  const train: number[] = [];
  const trainAndValidation: number[] = [];
  for (let user = 0; user < dataset.users.length; user++) {
    const [begin, end] = [start[user], start[user + 1]];
    const counts = held(end - begin);
    const testFrom = end - counts.test;
    const validationFrom = testFrom - counts.validation;
    if (testFrom < end) test.push({ user, from: testFrom, to: end });
    if (validationFrom < testFrom) validation.push({ user, from: validationFrom, to: testFrom });
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
