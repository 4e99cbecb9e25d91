/** Cuts a dataset at one moment for everybody: what came before is trained on, what came after is measured on. */
import { type Dataset, selectEvents } from "../read/dataset.ts";
import type { Split, TargetRange } from "./split.ts";

/**
 * @param moment epoch ms; events from here on are the test part
 * @param validationMs the time before it that choices are made on
 */
export function splitAt(dataset: Dataset, moment: number, validationMs: number): Split {
  return {
    train: before(dataset, moment - validationMs),
    trainAndValidation: before(dataset, moment),
    validation: rangesOf(dataset, moment - validationMs, moment),
    test: rangesOf(dataset, moment, Infinity),
  };
}

function before(dataset: Dataset, moment: number): Dataset {
  const kept: number[] = [];
  dataset.events.at.forEach((at, e) => at < moment && kept.push(e));
  return selectEvents(dataset, kept);
}

/** Events of each user from one moment up to another; users without any are left out. */
function rangesOf({ users, events: { start, at } }: Dataset, from: number, to: number): TargetRange[] {
  return users.flatMap((_, user): TargetRange[] => {
    let [first, end] = [start[user], start[user + 1]];
    while (first < end && at[first] < from) first++;
    while (end > first && at[end - 1] >= to) end--;
    return first < end ? [{ user, from: first, to: end }] : [];
  });
}
