import { reset } from "cloudflare:test";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { retrieve, retrievePipeline } from "../../edge/retrieval/retrieve.ts";
import { findCandidates } from "../../edge/retrieval/pipeline.ts";
import { nothingTrends } from "../../edge/retrieval/sources/trending.ts";
import type { TrendingSource } from "../../edge/retrieval/sources/trending.ts";
import { start } from "../../edge/retrieval/start.ts";
import type { TrendingPlace } from "../../edge/trending/read-trending.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Candidates } from "../../shared/candidates-file.ts";
import type { Filter } from "../../shared/filter.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { QUOTED_SOURCES } from "../../shared/protocol.ts";
import type { Quotas, RetrieveRequest } from "../../shared/protocol.ts";
import { sourcesOf } from "../../shared/sources.ts";
import type { Source } from "../../shared/sources.ts";
import { passes } from "../harness/filter-twin.ts";
import { seeded, smallRelease, text } from "../harness/small-release.ts";
import { expectError, goLive, ORIGIN, post } from "./edge.ts";
import { openRelease } from "./open-release.ts";
import type { OpenRelease } from "./open-release.ts";

const DIM = 8;
const DAY_MINUTES = 24 * 60;
const small = await smallRelease({ items: 400, dim: DIM, seed: 11 });
const { columns, ids, neighbours, release } = small;
const all = [...ids.keys()];

let open: OpenRelease;

beforeAll(async () => {
  await reset();
  await goLive(small);
  open = await openRelease(small);
});

/** Counts what people are at, by region; the simplest thing that is a source of what trends. */
function createTally() {
  const counts = new Map<string, Map<string, number>>();
  const asked: TrendingPlace[] = [];
  const source: TrendingSource = async (place) => {
    asked.push(place);
    const sums = new Map<string, number>();
    for (const [region, items] of counts) {
      if (place.region !== undefined && place.region !== region) continue;
      for (const [item, count] of items) sums.set(item, (sums.get(item) ?? 0) + count);
    }
    return Array.from(sums, ([item, score]) => ({ item, score }));
  };
  return {
    asked,
    source,
    seen(item: string, region: string, times: number) {
      const items = counts.get(region) ?? new Map<string, number>();
      counts.set(region, items.set(item, (items.get(item) ?? 0) + times));
    },
  };
}

const tally = createTally();
for (const row of all) if (row % 9 === 4) tally.seen(ids[row]!, "DE", 1 + (row % 5));
tally.seen("an item of another release", "DE", 1_000);

/** What each source must find of what passes, all of it, best first: straight from what the source means. */
const TWINS: Record<(typeof QUOTED_SOURCES)[number], (asked: RetrieveRequest) => number[]> = {
  similar({ items = [] }) {
    const sums = new Map<number, number>();
    const own = items.map((id) => ids.indexOf(id)).filter((row) => row >= 0);
    for (const row of own) {
      for (let slot = 0; slot < neighbours.perItem; slot++) {
        const at = row * neighbours.perItem + slot;
        const weight = neighbours.weight[at]! * neighbours.scale[row]!;
        if (weight > 0) sums.set(neighbours.neighbour[at]!, (sums.get(neighbours.neighbour[at]!) ?? 0) + weight);
      }
    }
    return best(
      [...sums.keys()].filter((row) => !own.includes(row)),
      (row) => sums.get(row)!,
    );
  },
  trending: ({ filter: { region = "DE" } = {} }) =>
    region === "DE"
      ? best(
          all.filter((row) => row % 9 === 4),
          (row) => 1 + (row % 5),
        )
      : [],
  fresh: () =>
    best(
      all.filter((row) => columns.publishedAt[row]! > 0),
      (row) => columns.publishedAt[row]!,
    ),
  popular: () => best(all, (row) => columns.popularity[row]!),
  // Which of the little known, and in which order, is drawn; the test of the draw is its own.
  explore: () => all,
};

function best(rows: readonly number[], score: (row: number) => number): number[] {
  return [...rows].sort((a, b) => score(b) - score(a) || a - b);
}

function nearestOf(query: readonly number[], filter: Filter): number[] {
  const scores = all.map((row) => dequantize(columns, row).reduce((sum, value, j) => sum + value * query[j]!, 0));
  return best(
    all.filter((row) => passes(small, row, filter)),
    (row) => scores[row]!,
  );
}

const anyQuery = fc.nat(10_000).map((seed) => {
  const random = seeded(seed);
  return Array.from({ length: DIM }, () => random() - 0.5);
});

const anyFilter: fc.Arbitrary<Filter> = fc.record(
  {
    language: fc.constantFrom("de", "en"),
    region: fc.constantFrom("DE", "US", "JP"),
    categories: fc.record(
      { any: fc.subarray([...small.dictionaries.categories], { minLength: 1 }), none: fc.constantFrom(["Drama"], []) },
      { requiredKeys: [] },
    ),
    publishedAfter: fc.integer({ min: 28_000_000, max: 28_990_000 }).map((minutes) => minutes * 60_000),
  },
  { requiredKeys: [] },
);

/** Any request, its quotas within its count. */
const anyRequest: fc.Arbitrary<RetrieveRequest & { filter: Filter; quotas: Required<Quotas> }> = fc
  .record({
    queries: fc.array(anyQuery, { minLength: 1, maxLength: 3 }),
    items: fc.subarray(["item-3", "item-50", "item-51", "unknown"]),
    filter: anyFilter,
    count: fc.integer({ min: 1, max: 300 }),
    shares: fc.tuple(...QUOTED_SOURCES.map(() => fc.integer({ min: 0, max: 20 }))),
  })
  .map(({ shares, count, ...asked }) => {
    const quotas = QUOTED_SOURCES.map((name, at) => [name, Math.floor((count * shares[at]!) / 100)] as const);
    return { ...asked, count, space: release.space, quotas: Object.fromEntries(quotas) as Required<Quotas> };
  });

async function candidates(asked: RetrieveRequest, counts: TrendingSource = tally.source) {
  const { count, filter = {} } = asked;
  return findCandidates(retrievePipeline(open, asked, counts), { count, filter });
}

describe("an answer of all sources", () => {
  test("is what its twin says: every quota is met, nothing is refused by the filter, nothing comes twice", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (asked) => {
        const hits = await candidates(asked);
        const rows = hits.map(({ row }) => row);
        const isIn = (name: Source) =>
          hits.filter(({ source }) => sourcesOf(source).includes(name)).map((hit) => hit.row);
        const passing = all.filter((row) => passes(small, row, asked.filter));

        expect(new Set(rows).size).toBe(rows.length);
        expect(rows.filter((row) => !passing.includes(row))).toEqual([]);
        expect(rows.length).toBe(Math.min(asked.count, passing.length));

        const kept = new Set(isIn("explore"));
        expect(kept.size).toBe(Math.min(asked.quotas.explore, passing.length));
        for (const name of QUOTED_SOURCES) {
          if (name === "explore") continue;
          const found = TWINS[name](asked).filter((row) => passing.includes(row));
          const expected = found.slice(0, asked.quotas[name]);
          expect(new Set(isIn(name))).toEqual(new Set(expected));
          for (const row of expected) kept.add(row);
        }

        // All other places are the nearest's: those of the best turn first.
        const lists = asked.queries.map((each) => nearestOf(each, asked.filter));
        const inTurn = new Set(passing.flatMap((_, turn) => lists.map((list) => list[turn]!)));
        const others = rows.filter((row) => !kept.has(row));
        expect(others).toEqual([...inTurn].filter((row) => !kept.has(row)).slice(0, rows.length - kept.size));
        const near = new Set(lists.flatMap((list) => list.slice(0, asked.count)));
        expect(new Set(isIn("nearest"))).toEqual(new Set(rows.filter((row) => near.has(row))));
      }),
      { numRuns: 150 },
    );
  });

  test("is as mixed at its head as in the whole", async () => {
    const quotas = { similar: 0, trending: 0, fresh: 40, popular: 40, explore: 0 };
    const hits = await candidates({ space: release.space, queries: [Array(DIM).fill(0.1)], count: 200, quotas });
    for (const head of [10, 50, 100, 200]) {
      for (const name of ["fresh", "popular"] as const) {
        const found = hits.slice(0, head).filter(({ source }) => sourcesOf(source).includes(name)).length;
        expect(found).toBeGreaterThanOrEqual(Math.floor(head / 5) - 1);
      }
    }
  });

  test("has shares of its own where a request names no quotas, and six places of ten are the nearest's", async () => {
    const body = { space: release.space, queries: [Array(DIM).fill(0.1)], items: ["item-3"], count: 100 };
    const answer = await post(`/v1/${release.id}/retrieve`, body);
    const { source } = decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
    const found = (name: Source) => Array.from(source).filter((bits) => sourcesOf(bits).includes(name)).length;
    expect(source.length).toBe(100);
    expect([found("fresh"), found("popular"), found("explore"), found("trending")]).toEqual([5, 5, 5, 0]);
    expect(found("similar")).toBe(3);
    expect(Array.from(source).filter((bits) => bits === 1).length).toBeGreaterThanOrEqual(60);
  });

  test("is filled by the other sources where there is no query, each up to its quota", async () => {
    const quotas = { similar: 10, trending: 10, fresh: 10, popular: 10, explore: 0 };
    const hits = await candidates({ space: release.space, queries: [], items: ["item-3"], count: 100, quotas });
    const expected = QUOTED_SOURCES.slice(0, 4).flatMap((name) =>
      TWINS[name]({ space: "", queries: [], items: ["item-3"], count: 100 }).slice(0, 10),
    );
    expect(new Set(hits.map(({ row }) => row))).toEqual(new Set(expected));
  });
});

describe("what is explored", () => {
  const quotas = { similar: 0, trending: 0, fresh: 0, popular: 0, explore: 30 };
  const ask = (seed: number, filter: Filter = {}) =>
    candidates({
      space: release.space,
      queries: [[seed, ...Array<number>(DIM - 1).fill(0.1)]],
      count: 30,
      filter,
      quotas,
    });

  test("is the same for the same request and another for another", async () => {
    expect(await ask(1)).toEqual(await ask(1));
    const [one, two] = [await ask(1), await ask(2)];
    expect(one.map(({ row }) => row)).not.toEqual(two.map(({ row }) => row));
  });

  test("is of the uncertain quarter or new, and every one of these comes up", async () => {
    const opened = await openRelease(small);
    const { uncertainty, publishedAt } = opened.tables.index.columns;
    const madeAt = release.createdAt / 60_000;
    for (const row of all) uncertainty[row] = row % 4 === 0 ? 0.9 : 0.1;
    publishedAt.fill(28_000_000);
    for (const row of all) if (row % 50 === 1) publishedAt[row] = madeAt - 3 * DAY_MINUTES;
    const eligible = all.filter((row) => row % 4 === 0 || row % 50 === 1);
    const drawn = new Map<number, number>();
    for (let seed = 0; seed < 400; seed++) {
      const asked = { space: release.space, queries: [[seed, ...Array<number>(DIM - 1).fill(0)]], count: 30, quotas };
      const hits = await findCandidates(retrievePipeline(opened, asked, nothingTrends), {
        count: 30,
        filter: {},
      });
      for (const { row } of hits) drawn.set(row, (drawn.get(row) ?? 0) + 1);
    }
    expect([...drawn.keys()].sort((a, b) => a - b)).toEqual(eligible);
    // Each answer begins anywhere, so a row is in 30 of 108 of them: 111 times in 400, with a deviation of 9.
    const times = [...drawn.values()];
    expect(Math.min(...times)).toBeGreaterThan(111 - 5 * 9);
    expect(Math.max(...times)).toBeLessThan(111 + 5 * 9);
  });

  test("passes the filter", async () => {
    const filter: Filter = { language: "de", region: "JP", categories: { any: ["Horror"] } };
    const hits = await ask(3, filter);
    expect(hits.length).toBeGreaterThan(0);
    expect(hits.every(({ row }) => passes(small, row, filter))).toBe(true);
  });
});

describe("what is trending", () => {
  const startIn = (region: string) => start(open, { region }, tally.source);
  const read = async (answer: Response): Promise<Candidates> =>
    decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
  const trendingIn = ({ row, source }: Candidates): number[] =>
    [...row].filter((_, at) => sourcesOf(source[at]!).includes("trending"));

  test("joins the candidates and the start pool, for the region that is asked for", async () => {
    const body = JSON.stringify({
      space: release.space,
      queries: [Array(DIM).fill(0.1)],
      count: 100,
      filter: { region: "DE" },
    });
    const expected = TWINS.trending({ space: "", queries: [], count: 0 }).filter((row) =>
      passes(small, row, { region: "DE" }),
    );
    tally.asked.length = 0;
    const request = new Request(ORIGIN, { method: "POST", body });
    const found = trendingIn(await read(await retrieve(open, request, tally.source)));
    expect(new Set(found)).toEqual(new Set(expected.slice(0, 5)));
    expect(new Set(trendingIn(await read(await startIn("DE"))))).toEqual(new Set(expected.slice(0, 80)));
    expect(tally.asked).toEqual([{ region: "DE" }, { region: "DE" }]);
    expect(trendingIn(await read(await startIn("JP")))).toEqual([]);
  });

  test("is left out where the counts fail or are late, and nothing else is", async () => {
    const asked = {
      space: release.space,
      queries: [Array<number>(DIM).fill(0.1)],
      count: 100,
      quotas: { trending: 50, similar: 0, fresh: 10, popular: 10, explore: 10 },
    };
    const without = await candidates(asked, nothingTrends);
    expect(await candidates(asked, () => Promise.reject(new Error("the counter is down")))).toEqual(without);
    expect(await candidates(asked, () => new Promise(() => {}))).toEqual(without);
    expect(without.length).toBe(100);
  });
});

test("quotas that a request leaves out keep their shares, so that all together may be too many", async () => {
  const body = { space: release.space, queries: [Array(DIM).fill(0.1)], count: 100, quotas: { fresh: 70 } };
  expect(await expectError(await post(`/v1/${release.id}/retrieve`, body), 400, "bad_value")).toBe("quotas");
});
