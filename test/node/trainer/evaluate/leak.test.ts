/**
 * Nothing that is said of a moment may know what comes after it. Each subject is made twice, from a log and from the same log with
 * everything after the moment changed: what differs has peeked. Planted peeks show that the measure sees one.
 */
import { describe, expect, test } from "vitest";
import { featurize } from "../../../../shared/featurize.ts";
import { type Interest, interestAt } from "../../../../shared/interest.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { walkTargets } from "../../../../trainer/evaluate/walk.ts";
import { below, createRandom } from "../../../../trainer/math/random.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { eventsBefore } from "../../../../trainer/split/split-at.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { rankInputOf, sequencesOf } from "../../../../trainer/train/deep-data.ts";
import { earlyItems, trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const HELD_OUT = 3;
const log = twoTastes(20, 60, 14, 1);
const { start } = log.events;

/** The log with other items and other times in the last `count` events of everybody. */
function withOtherEnds(count: number): Dataset {
  const random = createRandom(7);
  const item = log.events.item.slice();
  const at = log.events.at.slice();
  for (let user = 0; user < log.users.length; user++) {
    for (let e = start[user + 1] - count; e < start[user + 1]; e++) {
      item[e] = below(random, log.items.length);
      at[e] += 1_000 * (e + 1);
    }
  }
  return { ...log, events: { ...log.events, item, at } };
}

/** Whether what is made of a log changes with the last events of everybody. */
async function knows(count: number, make: (dataset: Dataset) => unknown): Promise<boolean> {
  const [told, untold] = [await make(log), await make(withOtherEnds(count))];
  try {
    expect(untold).toEqual(told);
    return false;
  } catch {
    return true;
  }
}

/** What a release is made of, without what was only measured. */
async function released(dataset: Dataset, holdout: number) {
  const { fit, items, model } = await trainLinear(dataset, { seed: 1, holdout });
  const { vectors, neighbours, history } = items;
  return { fit, model, vectors, neighbours, history };
}

describe("training", () => {
  test("knows nothing of what is held out for the table", async () => {
    expect(await knows(HELD_OUT, (dataset) => released(dataset, HELD_OUT))).toBe(false);
  });

  test("that holds out less than what is measured is caught", async () => {
    expect(await knows(HELD_OUT, (dataset) => released(dataset, HELD_OUT - 1))).toBe(true);
  });

  test("of the encoder, and the moments of the ranker, know nothing of it either", async () => {
    const learnt = async (dataset: Dataset) => {
      const trained = await trainLinear(dataset, { seed: 1, holdout: HELD_OUT });
      const { split, items } = await earlyItems(dataset, trained, { seed: 1 });
      const { signals, model, assembly } = trained;
      const { sequences, heldOut } = sequencesOf({ dataset, ...split, table: model.signals });
      const options = { dataset, signals, assembly, validation: split.validation, model, strays: 0, seed: 1 };
      return { sequences, heldOut, items: items.vectors, rank: await rankInputOf(options) };
    };
    expect(await knows(HELD_OUT, learnt)).toBe(false);
  });

  test("on what came before a moment knows nothing of what came after", async () => {
    const cut = log.events.at[start[1] - HELD_OUT];
    expect(await knows(HELD_OUT, (dataset) => eventsBefore(dataset, cut))).toBe(false);
    expect(await knows(HELD_OUT, (dataset) => eventsBefore(dataset, cut + 60_000))).toBe(true);
  });
});

describe("a feature of a candidate", async () => {
  const { assembly, model, signals } = await trainLinear(log, { seed: 1, holdout: HELD_OUT });
  const { table } = assembly;

  /** What is asked of every target, with the events before it and none after. */
  const asked = (dataset: Dataset, feature: (interest: Interest, event: number) => unknown) => {
    // Whose ends differ have other targets, and other targets are asked at other times: the first of them stands for all.
    const ranges = splitLast(dataset, HELD_OUT).test.map(({ user, from }) => ({ user, from, to: from + 1 }));
    return Array.from(walkTargets({ dataset, signals, assembly, ranges, model }), ({ profile, event }) =>
      feature(interestAt(profile, model, log.events.at[event]), event),
    );
  };

  test("is the same whatever comes next", async () => {
    const rows = Uint32Array.from({ length: 40 }, (_, row) => 4 * row);
    const features = (dataset: Dataset) =>
      asked(dataset, (interest) => {
        const scores = scoreLinear(table, interest, model);
        return featurize(table, { rows }, interest, scores, model);
      });
    expect(await knows(HELD_OUT, features)).toBe(false);
  });

  test("that counts the whole log is caught", async () => {
    const countOf = ({ events }: Dataset, row: number) => events.item.filter((item) => item === row).length;
    const popularity = (dataset: Dataset) => asked(dataset, () => log.items.map((_, row) => countOf(dataset, row)));
    expect(await knows(HELD_OUT, popularity)).toBe(true);
  });

  test("that looks one event ahead is caught", async () => {
    const ahead = (dataset: Dataset) => asked(dataset, (_, event) => dataset.events.item[event]);
    expect(await knows(HELD_OUT, ahead)).toBe(true);
  });
});
