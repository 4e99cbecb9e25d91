/** Cuts a dataset at one moment for everybody: what came before is trained on, what came after is measured on. */
import { NearfeedError } from "../../shared/errors.ts";
import { type Dataset, selectEvents } from "../read/dataset.ts";
import type { TargetRange } from "./split.ts";

/**
 * @param moment epoch ms
 * @throws NearfeedError `no_data` for a log without times, or without an event before the moment
 */
export function eventsBefore(dataset: Dataset, moment: number): Dataset {
  checkTimes(dataset);
  const kept: number[] = [];
  dataset.events.at.forEach((at, e) => at < moment && kept.push(e));
  if (kept.length > 0) return selectEvents(dataset, kept);
  throw new NearfeedError("no_data", `The log has no event before ${new Date(moment).toISOString()}`);
}

/**
 * Events of each user from a moment on; users without any are left out.
 *
 * @param moment epoch ms
 * @throws NearfeedError `no_data` for a log without times, or without an event from then on
 */
export function eventsFrom(dataset: Dataset, moment: number): TargetRange[] {
  checkTimes(dataset);
  const { start, at } = dataset.events;
  const ranges = dataset.users.flatMap((_, user): TargetRange[] => {
    let from = start[user];
    const to = start[user + 1];
    while (from < to && at[from] < moment) from++;
    return from < to ? [{ user, from, to }] : [];
  });
  if (ranges.length > 0) return ranges;
  throw new NearfeedError("no_data", `The log has no event from ${new Date(moment).toISOString()} on`);
}

function checkTimes({ timed }: Dataset): void {
  if (timed) return;
  throw new NearfeedError("no_data", "This log has no times, so it cannot be cut at one", {
    hint: "Name the column with --time.",
  });
}
