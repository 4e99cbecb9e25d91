// `retrain --exposures` against a real edge: what people were shown and left comes back in their events, is learnt from, and says
// whether the next release may take the place of the one before. The tests build on each other, in this order.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../shared/event.ts";
import { createUlid } from "../../shared/ulid.ts";
import { openRelease } from "../../trainer/release/open-release.ts";
import type { ModelCard } from "../../trainer/report/model-card.ts";
import { retrainedOf } from "../../trainer/retrain/retrained.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { openRetrainLab, type RetrainLab } from "../harness/retrain-lab.ts";
import { seeded } from "../harness/small-release.ts";

const PEOPLE = 24;
const CARDS = 10;
const DAY = 24 * 3_600_000;

const random = seeded(7);
// Of its own: how many numbers it draws depends on the clock.
const ulid = createUlid(Date.now, seeded(8));
const draw = (names: readonly string[]) => names[Math.floor(random() * names.length)]!;
// All of one genre, so that nothing but what became of exposures tells them apart.
const good = Array.from({ length: 20 }, (_, i) => `good${i}`);
const plain = Array.from({ length: 20 }, (_, i) => `plain${i}`);
let lab: RetrainLab;

beforeAll(async () => {
  lab = await openRetrainLab([...good, ...plain].map((item) => [item, "film"] as const));
});
afterAll(() => lab?.stop());

/** Everybody is shown ten cards, two of three of them plain, and opens seven of ten good ones and three of ten plain ones. */
async function browse(from: number): Promise<void> {
  for (let person = 0; person < PEOPLE; person++) {
    const list = ulid();
    const events = Array.from({ length: CARDS }, (_, position): Event[] => {
      const isGood = random() < 1 / 3;
      const card = { item: draw(isGood ? good : plain), at: from + position * 5_000 + person, list, position };
      const isOpened = random() < (isGood ? 0.7 : 0.3);
      return [
        { id: ulid(), type: "impression", ...card },
        ...(isOpened ? [{ id: ulid(), type: "click" as const, ...card, at: card.at + 2_000 }] : []),
      ];
    }).flat();
    await lab.send(`person${person}`, events);
  }
}

/** A log of exposures from elsewhere in which clicks are read the wrong way round. */
async function writeInverted(): Promise<string> {
  const rows = ["user_id,item,timestamp,is_click"];
  for (let u = 0; u < 400; u++) {
    for (let i = 0; i < 40; i++) {
      const isGood = random() < 1 / 3;
      const at = Math.floor((Date.now() - 6 * DAY + (i / 40) * 6 * DAY) / 1000);
      rows.push(`stranger${u},${draw(isGood ? good : plain)},${at},${Number(random() < (isGood ? 0.02 : 0.98))}`);
    }
  }
  const path = join(lab.folder, "inverted.csv");
  await writeFile(path, rows.join("\n"));
  return path;
}

const run: RetrainLab["run"] = (...given) => lab.run(...given);
const active = async () => (await fetchManifest(lab.edge.url)).channel;
const exposures = { exposures: true };

test("a log that does not say what was shown and left teaches nothing of it", async () => {
  const events = Array.from({ length: 20 }, (_, i): Event => ({
    id: ulid(),
    type: "like",
    item: good[i]!,
    at: Date.now() - i,
  }));
  await lab.send("liker", events);
  await lab.logged();
  expect((await run([], exposures)).error).toMatchObject({
    code: "no_data",
    message: expect.stringContaining("does not say what people were shown and left alone"),
  });
});

test("what people take of what they are shown is learnt, and the release says so", async () => {
  for (let day = 6; day > 0; day--) await browse(Date.now() - day * DAY);
  await lab.logged();
  const { result } = await run([], exposures);
  expect(await active()).toMatchObject({ release: result!["release"], sequence: 1 });
  const { release, model } = await openRelease(result!["folder"] as string);
  expect(release.metrics["exposures"]).toBe(true);
  expect(model.linear.appeal!.click).toBeGreaterThan(0);
  expect((await run([], exposures)).result).toMatchObject({ unchanged: true });
});

test("a release that has learnt the wrong way round is refused, by what was shown since the active one was made", async () => {
  for (let hour = 1; hour <= 12; hour++) await browse(Date.now() + hour * 3_600_000);
  await lab.logged();
  const before = await active();
  const { said, error } = await run([await writeInverted()], exposures);
  expect(error).toMatchObject({ code: "gate_refused", message: expect.stringContaining("GAUC −0.") });
  expect(said).toMatch(/gate: GAUC of \d+ exposures of 24 people from/);
  expect(await active()).toEqual(before);
});

test("one that is not worse takes its place, and says by what it was measured", async () => {
  const before = await active();
  const { said, result } = await run([], exposures);
  expect(said).toContain("gate: passed");
  expect(await active()).toMatchObject({ release: result!["release"], previous: before.release });
  const { metrics } = (await openRelease(result!["folder"] as string)).release;
  expect(retrainedOf(metrics)!.verdict).toMatchObject({ metric: "GAUC", passed: true, people: PEOPLE });
  expect((metrics["card"] as unknown as ModelCard).quality).toMatch(/^On [\d,]+ exposures of 24 people .*: GAUC 0\.\d/);
});

test("without --exposures the next one is trained otherwise, which is said, and asked the same where all is taken in lists", async () => {
  const { said } = await run([]);
  expect(said).toContain("the active release has learnt from what people were shown");
  // Nobody here has found anything without a list.
  expect(said).toMatch(/gate: GAUC of \d+ exposures of 24 people/);
});
