import { describe, expect, test } from "vitest";
import { adaptivity, SPLICED } from "../../../../trainer/evaluate/adaptivity.ts";
import type { Scorer } from "../../../../trainer/evaluate/replay.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(40, 60, 30, 1);
const { assembly, model, signals } = await trainLinear(dataset, { seed: 1, holdout: 3 });
const { ids } = assembly.table;
const number = (id: string) => Number(/\d+$/.exec(id)![0]);
const genre = (id: string) => id.replace(/\d+$/, "");

/** Ranks the ten films after one of the person's: what everybody in this dataset does next. */
function after(pick: (liked: readonly string[]) => string | undefined): Scorer {
  return ({ profile }) => {
    const from = pick(profile.signals.map(({ item }) => item));
    return Float32Array.from(ids, (id) => {
      if (from === undefined || genre(id) !== genre(from)) return 0;
      return 60 - ((number(id) - number(from) + 59) % 60);
    });
  };
}

const rows = await adaptivity({
  dataset,
  signals,
  assembly,
  model,
  people: 30,
  seed: 1,
  scorers: {
    linear: (_, __, { total }) => total,
    forgetful: after((liked) => liked.at(-1)),
    stubborn: after((liked) => liked[0]),
  },
});

describe("adaptivity", () => {
  test("of a list that knows only the last event is 1 from the first one on, and it retains nothing", () => {
    const { adapted, followedAt, retention, undisturbed, people } = rows["forgetful"];
    expect(people).toBe(30);
    expect(adapted.map(({ k, ratio }) => [k, ratio.mean])).toEqual(SPLICED.map((k) => [k, 1]));
    expect(adapted.every(({ alone }) => alone === 1)).toBe(true);
    expect(followedAt).toBe(1);
    expect(undisturbed).toBe(1);
    expect(retention.mean).toBeLessThan(0.4);
  });

  test("of a list that clings to the first event is far from 1, and it retains everything", () => {
    const { adapted, followedAt, retention } = rows["stubborn"];
    expect(adapted.every(({ ratio }) => ratio.mean < 0.5 && ratio.high < 0.8)).toBe(true);
    expect(followedAt).toBeNull();
    expect(retention.mean).toBe(1);
  });

  test("of the linear score lies between the two, and grows with what it sees of the new taste", () => {
    const last = (name: string) => rows[name]!.adapted.at(-1)!.ratio.mean;
    expect(last("linear")).toBeGreaterThan(rows["linear"].adapted[0].ratio.mean);
    expect(last("linear")).toBeGreaterThan(last("stubborn"));
    expect(last("linear")).toBeLessThan(last("forgetful"));
    expect(rows["linear"].retention.mean).toBeGreaterThan(rows["forgetful"].retention.mean);
  });

  test("draws the same people by the same seed, and none where nobody has done enough", async () => {
    const options = { signals, assembly, model, people: 5, scorers: { linear: after((liked) => liked.at(-1)) } };
    const [a, b, c] = [1, 1, 2].map((seed) => adaptivity({ ...options, dataset, seed }));
    expect(await a).toEqual(await b);
    expect(await c).not.toEqual(await a);
    const short = twoTastes(10, 60, 15, 1);
    expect(await adaptivity({ ...options, dataset: short, seed: 1 })).toEqual({});
  });
});
