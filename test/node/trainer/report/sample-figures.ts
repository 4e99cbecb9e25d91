/** Figures of every section of a report, in which no number comes twice, so that each can be found in the page. */
import type { Estimate } from "../../../../trainer/evaluate/bootstrap.ts";
import { KNOWN_EVENTS } from "../../../../trainer/evaluate/cold-people.ts";
import { DIALS } from "../../../../trainer/evaluate/dial.ts";
import type { MetricRow } from "../../../../trainer/evaluate/protocols.ts";
import type { ReportFigures } from "../../../../trainer/report/figures.ts";

export function sampleFigures(): ReportFigures {
  let [shares, counts] = [0, 0];
  /** Differs from all others in its first three places. */
  const share = () => (++shares * 0.0037) % 1;
  const count = () => 1_009 + 137 * ++counts;
  const estimate = (): Estimate => {
    const [low, mean, high] = [share(), share(), share()];
    return { mean, low, high };
  };
  const row = (): MetricRow => {
    const [ndcg, hr, mrr] = [share(), share(), share()];
    return {
      ndcg,
      hr,
      mrr,
      targets: count(),
      people: count(),
      intervals: { ndcg: [share(), share()], hr: [share(), share()], mrr: [share(), share()] },
    };
  };
  const part = (names: readonly string[]) => ({
    people: count(),
    whole: estimate(),
    rows: names.map((without) => ({ without, change: estimate() })),
  });
  return {
    head: {
      release: "0123456789abcdef0123456789abcdef",
      createdAt: Date.UTC(2026, 10, 26, 22, 53),
      version: "9.8.7",
      seed: 4_711,
      floor: "deep",
      items: count(),
      dim: 48,
      until: Date.UTC(2026, 4, 4, 1, 2),
    },
    data: {
      files: ["ratings.parquet"],
      people: count(),
      items: count(),
      itemsMet: count(),
      events: count(),
      likes: count(),
      kinds: [
        { kind: "like", count: count() },
        { kind: "skip", count: count() },
      ],
      span: { from: Date.UTC(1995, 0, 9), to: Date.UTC(2016, 9, 16) },
      ordered: true,
      eventsAPerson: {
        median: count(),
        most: count(),
        bins: [
          { from: 16, to: 31, count: count() },
          { from: 32, to: 63, count: count() },
        ],
      },
      tail: {
        points: [
          { items: 0, events: 0 },
          { items: share(), events: share() },
          { items: 1, events: 1 },
        ],
        gini: share(),
      },
      sessions: { count: count(), medianEvents: count(), medianMinutes: count() },
      future: count(),
      machines: { people: count(), events: count() },
      duplicates: count(),
      undone: count(),
      unknownItems: count(),
      badRows: { bad: count(), read: count(), samples: ["a.csv row 3, time: got soon, expected a time"] },
    },
    quality: {
      protocol: "replay",
      holdout: 13,
      length: 10,
      models: { deep: row(), linear: row(), popularity: row() },
      differences: { "deep - linear": estimate(), "linear - popularity": estimate() },
    },
    lists: {
      people: count(),
      deepPeople: count(),
      exposure: {
        lists: count(),
        tenths: Array.from({ length: 10 }, () => ({ items: count(), shown: share(), liked: share() })),
        coverage: (["shown", "by score", "popularity"] as const).map((list) => ({
          list,
          items: count(),
          share: share(),
          medianPeople: count(),
        })),
      },
      ablation: { linear: part(["taste", "intent"]), deep: part(["item", "author"]) },
      calibration: {
        people: count(),
        exposures: count(),
        curves: [
          {
            head: "like",
            error: share(),
            bins: Array.from({ length: 3 }, () => ({ predicted: share(), observed: estimate(), exposures: count() })),
          },
        ],
      },
      coldStart: {
        people: count(),
        models: {
          linear: KNOWN_EVENTS.map((events) => ({ events, hr: estimate(), ndcg: estimate() })),
          popularity: KNOWN_EVENTS.map((events) => ({ events, hr: estimate(), ndcg: estimate() })),
        },
      },
      times: {
        items: count(),
        stages: [{ stage: "linear score", p50: 3.4, p95: 71 }],
      },
      dial: {
        people: count(),
        default: 0.2,
        points: DIALS.map((dial) => ({
          dial,
          ndcg: estimate(),
          change: estimate(),
          distance: estimate(),
          variety: estimate(),
          divergence: estimate(),
        })),
      },
    },
    knownTitles: [
      {
        title: "Solaris",
        category: "Drama",
        people: count(),
        byVector: [{ title: "Stalker", value: share() }],
        byNeighbours: [{ title: "Mirror", value: share() }],
      },
    ],
    curves: {
      encoder: [
        { step: 0, value: share() },
        { step: count(), value: share() },
      ],
      ranker: {
        measure: "loss",
        points: [
          { step: 0, value: share() },
          { step: count(), value: share() },
        ],
        linear: share(),
      },
    },
    stages: [
      { stage: "vectors", seconds: 4.3 },
      { stage: "encoder", seconds: 57 },
    ],
    files: [
      { role: "index", bytes: 1_234_567 },
      { role: "encoder", bytes: 345_678 },
    ],
    card: {
      purpose: "the purpose",
      data: "the data",
      licence: "the licence",
      choice: "the choice",
      quality: "the quality",
      limits: ["the first limit", "the second limit"],
      notFor: ["the first use", "the second use"],
    },
  };
}
