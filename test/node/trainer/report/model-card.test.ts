import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { modelCard } from "../../../../trainer/report/model-card.ts";
import { noticeBeside } from "../../../../trainer/report/notice.ts";
import { sampleFigures } from "./sample-figures.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-card-"));
afterAll(() => rmSync(folder, { recursive: true }));

const figures = sampleFigures();
const data = { ...figures.data, people: 2_000, items: 400, itemsMet: 300, events: 9_000, likes: 7_000 };
const input = { data, seed: 5, holdout: 10, isTuned: true, hasDeep: true, table: figures.quality };

describe("the model card", () => {
  test("says what was learnt from, how it was chosen and how good it is", () => {
    const card = modelCard(input);
    expect(card.data).toBe(
      "9,000 events (7,000 of them likes) of 2,000 people on 400 items, from 1995-01-09 to 2016-10-16; ratings.parquet.",
    );
    expect(card.choice).toBe(
      "Half-lives and weights were chosen on events that came before those held out; the last 10 of each person were kept for the table and read once. Seed 5.",
    );
    expect(card.quality).toMatch(/have what the person liked next among their first 10.*The deep floor is/);
    expect(card.limits.join(" ")).toContain("25.0\u00a0% of the items have no event in the log");
  });

  test("of a release that was compared with the one before says what came of it", () => {
    const standing = (mean: number) => ({ floor: "linear" as const, figure: { mean, low: 0, high: 1 }, unknown: 0 });
    const gate = {
      metric: "NDCG@10" as const,
      challenger: standing(0.1147),
      incumbent: standing(0.1012),
      difference: { mean: 0.0135, low: 0.0048, high: 0.0219 },
      people: 87,
      targets: 412,
      passed: true,
    };
    const card = modelCard({ ...input, holdout: 0, table: undefined, gate });
    expect(card.quality).toMatch(
      /^On 412 likes of 87 people .* 0\.1147, the release before 0\.1012, the difference \+0\.0135 /,
    );
  });

  test("does not claim what was not done", () => {
    const card = modelCard({ ...input, holdout: 0, isTuned: false, hasDeep: false, table: undefined });
    expect(card.quality).toBe("Not measured when it was made.");
    expect(card.choice).toBe("Half-lives and weights were given. Seed 5.");
    expect(card.purpose).not.toContain("encoder");
    expect(card.licence).toBe("No NOTICE or LICENSE lies beside the log.");
  });

  test("is short enough to travel to every device, however long the notice", () => {
    const notice = { file: "NOTICE", text: `Not for sale.\n\n${"word ".repeat(10_000)}` };
    const card = modelCard({ ...input, notice });
    expect(card.licence).toMatch(/^NOTICE beside the log says: Not for sale\. word word/);
    expect(JSON.stringify(card).length).toBeLessThan(4_000);
  });
});

test("the licence is what lies beside the log's first file, and nothing where nothing does", async () => {
  const log = join(folder, "log.csv");
  writeFileSync(log, "user,item\n");
  expect(await noticeBeside([log])).toBeUndefined();
  writeFileSync(join(folder, "LICENSE.md"), "Ours.");
  expect(await noticeBeside([log])).toEqual({ file: "LICENSE.md", text: "Ours." });
  writeFileSync(join(folder, "NOTICE"), "Theirs.");
  expect(await noticeBeside([log])).toEqual({ file: "NOTICE", text: "Theirs." });
});
