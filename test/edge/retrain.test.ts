// The command that closes the loop, against a real edge: what it does the first time, when nothing is new, when the data are
// bad, when it is interrupted, and what it leaves behind. What people get from it is in test/e2e/loop.test.ts.
// The tests build on each other, in this order.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../shared/event.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { createUlid } from "../../shared/ulid.ts";
import { readReleaseFolder } from "../../trainer/release/release-folder.ts";
import type { ModelCard } from "../../trainer/report/model-card.ts";
import { retrainedOf } from "../../trainer/retrain/retrained.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { BUNDLED_FIT, openRetrainLab, type RetrainLab } from "../harness/retrain-lab.ts";
import { seeded } from "../harness/small-release.ts";

const PEOPLE = 24;
const SHELF = 60;
const fit = JSON.parse(await readFile(BUNDLED_FIT, "utf8")) as object;

const random = seeded(5);
const ulid = createUlid(Date.now, random);
let lab: RetrainLab;

beforeAll(async () => {
  lab = await openRetrainLab(
    ["red", "blue"].flatMap((color) => Array.from({ length: SHELF }, (_, i) => [`${color}${i}`, color] as const)),
  );
});
afterAll(() => lab?.stop());

/** Everybody likes so many things of one of two shelves, each the one after the last, from a moment on. */
async function browse(likes: number, from: number): Promise<void> {
  for (let person = 0; person < PEOPLE; person++) {
    const begin = Math.floor(random() * SHELF);
    const events = Array.from({ length: likes }, (_, i): Event => {
      const item = `${person % 2 ? "red" : "blue"}${(begin + i) % SHELF}`;
      return { id: ulid(), type: "like", item, at: from + i * 60_000 + person };
    });
    await lab.send(`person${person}`, events);
  }
  await lab.logged();
}

const run: RetrainLab["run"] = (...given) => lab.run(...given);
const active = async () => (await fetchManifest(lab.edge.url)).channel;
const releases = async () => (await readdir(join(lab.folder, "releases")).catch(() => [])).sort();
/** A log from elsewhere, of people who walk along the same shelves. */
async function writeBase(): Promise<string> {
  const rows = ["user,item,timestamp"];
  for (let u = 0; u < 40; u++) {
    for (let i = 0; i < 20; i++)
      rows.push(`stranger${u},${u % 2 ? "red" : "blue"}${(u * 3 + i) % SHELF},${1_600_000_000 + i * 60}`);
  }
  const path = join(lab.folder, "base.csv");
  await writeFile(path, rows.join("\n"));
  return path;
}

/** Weights that somebody has spoilt: whatever a person does, the list is of what is popular. */
const spoilt = { ...fit, taste: 0, intent: 0, neighbour: 0, content: 0, popularity: 1 };

test("without an event there is nothing to learn from", async () => {
  expect((await run()).error).toMatchObject({ code: "no_data", message: expect.stringContaining("no events yet") });
});

test("where nothing is active, what was trained on the log is activated without a comparison", async () => {
  await browse(12, Date.now() - 3 * 3_600_000);
  const { said, result } = await run();
  expect(said).toContain("nothing is active on channel stable");
  expect(await active()).toMatchObject({ release: result!["release"], previous: null, sequence: 1 });
});

test("repeated without new events it does nothing, and says so", async () => {
  const before = await active();
  const { said, result } = await run();
  expect(said).toContain(`no new events since the active release ${before.release} was made`);
  expect(result).toMatchObject({ unchanged: true, active: before.release });
  expect(await active()).toEqual(before);
});

test("where too few people have come since, two releases are not compared", async () => {
  const more = join(lab.folder, "more.csv");
  await writeFile(more, `${await readFile(join(lab.folder, "items.csv"), "utf8")}\nred-new,red`);
  const before = await releases();
  expect((await run([], { items: [more] })).error).toMatchObject({
    code: "no_data",
    message: expect.stringContaining("0 people of the log have liked something"),
  });
  expect(await releases()).toEqual(before);
});

test("a release that is measurably worse is refused, stays unpublished, and is not trained again to be refused again", async () => {
  await browse(16, Date.now() + 60_000);
  const [before, bad] = [await active(), { fit: join(lab.folder, "spoilt.json") }];
  await writeFile(bad.fit, JSON.stringify(spoilt));
  const first = await run([], bad);
  expect(first.error).toMatchObject({
    code: "gate_refused",
    message: expect.stringContaining("is worse than the active"),
  });
  expect(first.said).toMatch(/new − active {2}−[01]\.\d+ \(−[01]\.\d+ to −0\.\d+\)/);
  expect(await active()).toEqual(before);
  const made = await releases();
  expect(made).toHaveLength(2);
  const again = await run([], bad);
  expect(again.said).toContain("was trained from the same before");
  expect(again.said).not.toContain("vectors");
  expect(again.error).toEqual(first.error);
  expect(await releases()).toEqual(made);
});

test("a refused release is activated by --force alone, here for some devices", async () => {
  const before = await active();
  const { said, result } = await run([], { fit: join(lab.folder, "spoilt.json"), force: true, canary: "5" });
  expect(said).toContain("overruled by --force");
  expect(await active()).toMatchObject({
    release: before.release,
    canary: { release: result!["release"], percent: 5 },
  });
});

test("interrupted in the middle of training it leaves nothing", async () => {
  const [before, made] = [await active(), await releases()];
  const { error } = await run([], {}, (text, stop) => {
    if (text.includes("vectors")) stop.abort(new Error("ctrl-C"));
  });
  expect(error).toMatchObject({ message: "ctrl-C" });
  expect(await releases()).toEqual(made);
  expect(await active()).toEqual(before);
});

test("a release that is not worse takes the place of the active one, which is fetched where it is not at hand", async () => {
  const before = await active();
  const elsewhere = join(lab.folder, "elsewhere");
  const { said, result } = await run([await writeBase()], { releases: elsewhere });
  expect(said).toContain("gate: passed");
  expect(result!["data"]).toMatchObject({ base: { users: 40 }, log: { users: PEOPLE } });
  const after = await active();
  expect(after).toMatchObject({ release: result!["release"], previous: before.release, sequence: before.sequence + 1 });
  expect((await readdir(elsewhere)).sort()).toEqual([before.release, after.release].sort());
  const old = await readReleaseFolder(join(elsewhere, before.release));
  const { metrics, files } = await readReleaseFolder(join(elsewhere, after.release));
  expect(files.spaceMap).toBeDefined();
  expect(metrics["until"]).toBeGreaterThanOrEqual(old.createdAt);
  // What it was measured on comes after all that either has learnt from.
  const { data, quality } = metrics["card"] as unknown as ModelCard;
  expect(data).toMatch(/likes\) of \d+ people .* logs\.$/);
  expect(quality).toMatch(/^On \d+ likes of \d+ people/);
  const { verdict, from } = retrainedOf(metrics)!;
  expect(from).toBe(metrics["until"]);
  expect(verdict).toMatchObject({ passed: true });
  expect(verdict!.people).toBeGreaterThanOrEqual(10);
  expect((await run([join(lab.folder, "base.csv")], { releases: elsewhere })).result).toMatchObject({
    unchanged: true,
  });
});

test("what somebody has rolled back from is not brought back by the next run", async () => {
  const { release, previous, sequence } = await active();
  const headers = { Authorization: `Bearer ${lab.edge.secret}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ action: "rollback", expect: sequence });
  expect((await fetch(lab.edge.url + ROUTES.channel("stable"), { method: "POST", headers, body })).status).toBe(200);
  const rolledBack = await active();
  expect(rolledBack).toMatchObject({ release: previous, previous: release });
  const elsewhere = join(lab.folder, "elsewhere");
  const { said, result } = await run([join(lab.folder, "base.csv")], { releases: elsewhere });
  expect(said).toContain(`since release ${release} was made, which is what was rolled back from: nothing to do`);
  expect(result).toMatchObject({ unchanged: true, active: previous });
  expect(await active()).toEqual(rolledBack);
  // Who wants it back says so.
  expect((await run([join(lab.folder, "base.csv")], { releases: elsewhere, force: true })).result).toMatchObject({
    release,
  });
});
