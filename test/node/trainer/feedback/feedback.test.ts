import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { report } from "../../../../trainer/commands/report.ts";
import { openDatabase } from "../../../../trainer/read/duckdb.ts";
import { estimateOffPolicy, TARGET_POLICIES } from "../../../../trainer/feedback/off-policy.ts";
import { ratesBy } from "../../../../trainer/feedback/rates.ts";
import { type Card, readCards } from "../../../../trainer/feedback/read-cards.ts";
import { createTerminal } from "../../../../trainer/terminal/terminal.ts";
import { seeded } from "../../../harness/small-release.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-report-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function logOf(events: readonly object[]): string {
  const path = join(folder, `${files++}.ndjson`);
  writeFileSync(path, events.map((event) => JSON.stringify(event)).join("\n"));
  return path;
}

async function cardsOf(events: readonly object[]) {
  using database = await openDatabase();
  return await readCards(database, [logOf(events)]);
}

let ids = 0;
/** An event as the edge logs it; anna, list l1 and release r1 unless it says otherwise. */
const event = (type: string, item: string, more: object = {}) => ({
  id: `e${ids++}`,
  type,
  item,
  at: 1_780_000_000_000 + ids,
  subject: "anna",
  list: "l1",
  release: "r1",
  surface: "home",
  received: 1_780_000_000_000,
  ...more,
});
const shown = (item: string, more: object = {}) =>
  event("impression", item, { policy: "p1", explored: false, propensity: 1, position: 0, ...more });

describe("the cards of a log", () => {
  test("have what became of them in their own list and by their own person, and only what was not undone", async () => {
    const like = event("like", "a");
    const { cards, unusable } = await cardsOf([
      shown("a"),
      event("click", "a"),
      like,
      event("undo", "a", { event: like.id }),
      shown("b"),
      event("skip", "b"),
      shown("c", { subject: "bert" }),
      event("click", "c"),
      shown("a", { list: "l2" }),
      event("like", "a", { list: "l2" }),
    ]);
    expect(unusable).toBe(0);
    const told = cards.map(({ person, click, like: liked, skip }) => [person, click, liked, skip]);
    expect(told).toEqual([
      ["anna", true, false, false], // a in l1: clicked, its like was taken back
      ["anna", false, false, true], // b in l1
      ["anna", false, true, false], // a in l2
      ["bert", false, false, false], // c: somebody else clicked it
    ]);
  });

  test("are one for each impression of an item in a list, however often it was sent or seen", async () => {
    const twice = shown("a");
    const { cards } = await cardsOf([twice, twice, shown("a", { position: 3 }), shown("b")]);
    expect(cards.map(({ position }) => position)).toEqual([0, 0]);
  });

  test("without a list or a propensity that can be, impressions are left out and counted", async () => {
    const { cards, unusable } = await cardsOf([
      shown("a"),
      shown("b", { list: undefined }),
      shown("c", { propensity: 0 }),
      shown("d", { propensity: 1.5 }),
      shown("e", { propensity: undefined }),
    ]);
    expect(unusable).toBe(3);
    expect(cards.map(({ propensity }) => propensity)).toEqual([1, 1]);
  });

  test("of people without a subject are told apart by their lists", async () => {
    const { cards } = await cardsOf([
      shown("a", { subject: undefined }),
      shown("b", { subject: undefined, list: "l2" }),
    ]);
    expect(cards.map(({ person }) => person)).toEqual(["list l1", "list l2"]);
  });

  test("a log without an impression is refused", async () => {
    await expect(cardsOf([event("like", "a")])).rejects.toMatchObject({ code: "no_data" });
  });
});

const card = (more: Partial<Card>): Card => ({
  person: "anna",
  release: "r1",
  policy: "p1",
  position: 0,
  explored: false,
  propensity: 1,
  click: false,
  like: false,
  skip: false,
  ...more,
});

describe("rates", () => {
  test("are shares of cards, by group, the largest first", () => {
    const cards = [
      card({ click: true }),
      card({ click: true, like: true }),
      card({ skip: true, person: "bert" }),
      card({ person: "bert", explored: true }),
      card({ release: "r2", skip: true }),
    ];
    const [first, second] = ratesBy(cards, ({ release }) => release, 1);
    expect(first).toMatchObject({ name: "r1", cards: 4, people: 2, explored: 1 });
    expect([first!.click.mean, first!.like.mean, first!.skip.mean]).toEqual([0.5, 0.25, 0.25]);
    expect(second).toMatchObject({ name: "r2", cards: 1, people: 1, skip: { mean: 1, low: 1, high: 1 } });
  });

  test("have intervals by person: of two who differ, draws are of one, of the other, or of both", () => {
    const cards = [card({ click: true }), card({ click: true }), card({ person: "bert" }), card({ person: "bert" })];
    const [row] = ratesBy(cards, () => "all", 1);
    expect(row!.click).toEqual({ mean: 0.5, low: 0, high: 1 });
  });
});

describe("off policy", () => {
  test("weighs each card by how much likelier the other policy would have shown it, by hand", () => {
    const cards = [
      card({ propensity: 0.5, explored: true, click: true }), // w = 0.2 / 0.5 = 0.4
      card({ propensity: 0.25, explored: true }), // w = 0.8 / 0.25 = 3.2
      card({ propensity: 0.1, explored: true, click: true, like: true }), // w = 0
    ];
    const target = ({ propensity }: Card) => ({ 0.5: 0.2, 0.25: 0.8 })[propensity] ?? 0;
    const estimate = estimateOffPolicy(cards, "other", target, 1)!;
    expect(estimate.click.mean).toBeCloseTo(0.4 / 3.6, 12);
    expect(estimate.like.mean).toBe(0);
    expect(estimate).toMatchObject({ name: "other", cards: 2, people: 1 });
    expect(estimate.effective).toBeCloseTo(3.6 ** 2 / (0.4 ** 2 + 3.2 ** 2), 12);
  });

  test("of the policy in use is the plain rate", () => {
    const cards = [card({ propensity: 0.3, click: true }), card({ propensity: 0.7 }), card({})];
    const estimate = estimateOffPolicy(cards, "same", ({ propensity }) => propensity, 1)!;
    expect(estimate.click.mean).toBeCloseTo(1 / 3, 12);
    expect(estimate.effective).toBeCloseTo(3, 12);
  });

  test("without exploration is what was not drawn, and slots that draw evenly are found from those that do not", () => {
    // Ten items, drawn with chances that favour the better ones; each clicked with its own chance.
    const random = seeded(3);
    const chance = Array.from({ length: 10 }, (_, i) => (i + 1) / 55);
    const worth = Array.from({ length: 10 }, (_, i) => (i + 1) / 20);
    const cards = Array.from({ length: 40_000 }, (_, n) => {
      let [left, item] = [random(), 0];
      while (item < 9 && (left -= chance[item]!) >= 0) item++;
      const click = random() < worth[item]!;
      return card({ person: `p${n % 500}`, explored: true, propensity: chance[item]!, click });
    });
    const even = estimateOffPolicy(cards, "even", TARGET_POLICIES.even, 1)!;
    const truth = worth.reduce((a, b) => a + b, 0) / 10; // .275; the plain rate is .35
    expect(even.click.low).toBeLessThan(truth);
    expect(even.click.high).toBeGreaterThan(truth);
    expect(even.click.high - even.click.low).toBeLessThan(0.05);
    const plain = cards.filter(({ click }) => click).length / cards.length;
    expect(plain).toBeGreaterThan(even.click.high);
    const some = [card({ click: true }), card({}), card({ explored: true, propensity: 0.01, click: true })];
    expect(estimateOffPolicy(some, "unexplored", TARGET_POLICIES.unexplored, 1)).toMatchObject({
      cards: 2,
      click: { mean: 0.5 },
    });
  });

  test("says nothing where the log says nothing", () => {
    expect(estimateOffPolicy([card({})], "even", TARGET_POLICIES.even, 1)).toBeUndefined();
  });
});

test("the command prints a table and returns the same as data", async () => {
  const path = logOf([
    shown("a"),
    event("click", "a"),
    shown("b", { explored: true, propensity: 0.2, position: 1 }),
    shown("c", { release: "r2", policy: "p2", list: "l2" }),
  ]);
  let said = "";
  const output = { write: (text: string) => (said += text) };
  const terminal = createTerminal({ stdout: output, stderr: output, json: false, now: () => 0 });
  const input = { positionals: [path], values: {}, terminal, signal: new AbortController().signal, env: {} };
  const result = await report.run(input);
  expect(result).toMatchObject({
    cards: 3,
    releases: [{ name: "r1", cards: 2, click: { mean: 0.5 } }, { name: "r2" }],
    policies: [{ name: "p1" }, { name: "p2" }],
    offPolicy: [
      { name: "unexplored", cards: 2, effective: 2 },
      { name: "even", cards: 1, click: { mean: 0 } },
    ],
  });
  expect(said).toMatch(/r1 +2 +1 +1 +50\.0 % \(50\.0–50\.0\)/);
  expect(said).toMatch(/even +1 +1 +1 +0\.0 % /);
});
