/**
 * Past moments as the test part of `temporal` will be: what people were shown, with everybody's profile as of the begin of a window of
 * days, and with appeals that are learnt from other people. What is learnt by them has items that were learnt before all of them.
 */
import { type Interest, interestAt } from "../../shared/interest.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import { createItemTable, type ItemTable } from "../../shared/item-table.ts";
import { type LinearScores, scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile, type LoggedEvent, type Profile } from "../../shared/profile.ts";
import { createBreath } from "../breath.ts";
import { knownItems, loggedEvents } from "../evaluate/walk.ts";
import { type Assembly, appealRows } from "../items/assemble.ts";
import { itemAppeal } from "../items/item-appeal.ts";
import type { Dataset } from "../read/dataset.ts";
import { isExposure } from "../read/feed-labels.ts";

/** How old what a device knows gets before the next release: the test part of `temporal` is as long. */
const WINDOW_MS = 2 * 24 * 3_600_000;

/**
 * Parts that people are in. Appeals of a moment are fitted on what the other parts have taken and left of the whole log: so they are as
 * sure as those of the release will be, and know nothing of what the person did with the item. As of the begin of each window they were less
 * sure, and every early moment taught to trust them less. GAUC of clicks and long views on 30 April to 3 May of KuaiRand
 * .6249 and .6414 with those, .6275 and .6456 with these; .6264 and .6444 with each day's by the other days.
 */
const FOLDS = 10;

/** Share of all events that items are learnt from; the moments come after them. */
const EARLY_SHARE = 0.5;

/** Of one person and one window. */
export interface ExposureMoment {
  readonly user: number;
  /** Exposures of items that the assembly has, as positions in the dataset. */
  readonly events: readonly number[];
  /** Row of each in the table. */
  readonly rows: readonly number[];
  /** The shown items alone, with their appeal as others made it. */
  readonly table: ItemTable;
  readonly interest: Interest;
  readonly linear: LinearScores;
}

/** When the moments begin, and what their windows are. */
export interface ExposureWindows {
  /** Items are learnt from events before it. Epoch ms */
  readonly begin: number;
  /** Begin of each window; the last one ends with the log. Epoch ms */
  readonly starts: readonly number[];
}

/** Undefined for a log that is too short to learn from one part of it what the other needs. */
export function exposureWindows(dataset: Dataset): ExposureWindows | undefined {
  const { at } = dataset.events;
  const shown: number[] = [];
  for (let e = 0; e < at.length; e++) if (isExposure(dataset, e)) shown.push(at[e]);
  if (!dataset.timed || shown.length === 0) return undefined;
  const first = shown.reduce((least, time) => Math.min(least, time), Infinity);
  const last = shown.reduce((most, time) => Math.max(most, time), 0);
  const begin = Math.max(at.slice().sort()[Math.floor(EARLY_SHARE * at.length)], first + 1);
  const starts: number[] = [];
  for (let from = begin; from <= last; from += WINDOW_MS) starts.push(from);
  return starts.length > 0 ? { begin, starts } : undefined;
}

export interface MomentOptions {
  readonly dataset: Dataset;
  /** Items learnt from what came before the windows. */
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly windows: ExposureWindows;
  /** How many people at most; all by default. */
  readonly people?: number;
  readonly onUser?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The moments of one user after the other, each user's in the order of time. */
export async function* exposureMoments(options: MomentOptions): AsyncGenerator<ExposureMoment> {
  const { dataset, assembly, model, onUser } = options;
  const { starts } = options.windows;
  const { start, at, item } = dataset.events;
  const { table } = assembly;
  const itemOfRow = new Uint32Array(table.columns.size);
  assembly.rowOfItem.forEach((row, i) => row >= 0 && (itemOfRow[row] = i));
  const columnsOf = new Map<number, ItemTable["columns"]>();
  /** Fitted when first asked for: of few people not every part is met. */
  const columnsFor = (user: number) => {
    const fold = user % FOLDS;
    const known = columnsOf.get(fold);
    if (known) return known;
    const appeal = itemAppeal(dataset, (other) => other % FOLDS !== fold);
    // Of nobody but the person nothing is known.
    const { appeal: _, ...others } = table.columns;
    const columns = appeal ? { ...others, appeal: appealRows(appeal, itemOfRow) } : others;
    columnsOf.set(fold, columns);
    return columns;
  };
  const known = knownItems(assembly);
  const breathe = createBreath(options.signal);
  const every = Math.max(1, Math.ceil(dataset.users.length / (options.people ?? Infinity)));
  for (let user = 0; user < dataset.users.length; user += every) {
    await breathe();
    let profile: Profile | undefined;
    let next = start[user];
    let log: LoggedEvent[] = [];
    for (const [w, from] of starts.entries()) {
      for (; next < start[user + 1] && at[next] < from; next++) {
        log.push(...loggedEvents(dataset, next, known(assembly.rowOfItem[item[next]])));
      }
      const events: number[] = [];
      for (let e = next; e < start[user + 1] && at[e] < (starts[w + 1] ?? Infinity); e++) {
        if (isExposure(dataset, e) && assembly.rowOfItem[item[e]] >= 0) events.push(e);
      }
      if (events.length === 0) continue;
      // All at once is faster than one by one, and most people have one or two windows.
      if (profile) for (const entry of log) profile.append(entry);
      else profile = createProfile(model, log);
      log = [];
      const wanted = events.map((e) => assembly.rowOfItem[item[e]]);
      const distinct = [...new Set(wanted)];
      const shown = createItemTable(
        gatherColumns(columnsFor(user), distinct),
        table.dictionaries,
        distinct.map((row) => table.ids[row]),
        model.categoryWeight,
      );
      // The clock is that of the list; only what is known of the person stands still.
      const interest = interestAt(profile, model, at[events[0]]);
      const linear = scoreLinear(shown, interest, model);
      yield { user, events, rows: wanted.map((row) => distinct.indexOf(row)), table: shown, interest, linear };
    }
    onUser?.(user + 1, dataset.users.length);
  }
}
