import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../../../package.json" with { type: "json" };
import { afterAll, describe, expect, test, vi } from "vitest";

// Each case starts a process; on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000 });

const root = join(import.meta.dirname, "../../../..");
const folder = mkdtempSync(join(tmpdir(), "nearfeed-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function nearfeed(args: readonly string[], onStderr?: (text: string, kill: () => void) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [join(root, "bin/nearfeed.js"), ...args], { cwd: folder });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    onStderr?.(stderr, () => child.kill("SIGINT"));
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

/** A log of two tastes, long enough to hold ten events out. */
function writeLog(): string {
  const rows = ["user,item,timestamp,rating"];
  for (let u = 0; u < 40; u++) {
    for (let i = 0; i < 24; i++)
      rows.push(`u${u},${u % 2 ? "red" : "blue"}${(u * 7 + i) % 40},${1_000_000 + u * 1000 + i * 60},4.5`);
  }
  const path = join(folder, "log.csv");
  writeFileSync(path, rows.join("\n"));
  return path;
}
const log = writeLog();

/** Sixty people who took most of one of three shelves of twenty; three things of each are in the test part. */
function writeSets(): [train: string, test: string] {
  const rows: [string[], string[]] = [["user,item"], ["user,item"]];
  for (let u = 0; u < 60; u++) {
    for (let i = 0; i < 15; i++) rows[i < 3 ? 1 : 0].push(`u${u},shelf${u % 3} ${(u * 11 + i) % 20}`);
  }
  const paths = [join(folder, "sets.csv"), join(folder, "held.csv")] as const;
  paths.forEach((path, part) => writeFileSync(path, rows[part].join("\n")));
  return [...paths];
}

/** Sixty people, each of one of two shelves of forty that they take from in an order of their own, and the table of them. */
function writeShelves(): [log: string, items: string] {
  const rows = ["user,item,timestamp"];
  for (let u = 0; u < 60; u++) {
    for (let i = 0; i < 16; i++) rows.push(`u${u},s${u % 2}-${(u * 7 + i * (2 * (u % 5) + 3)) % 40},${1_000_000 + i}`);
  }
  const items = ["id,categories"];
  for (let i = 0; i < 80; i++) items.push(`s${i % 2}-${i >> 1},shelf ${i % 2}`);
  const paths = [join(folder, "shelves.csv"), join(folder, "shelf-items.csv")] as const;
  writeFileSync(paths[0], rows.join("\n"));
  writeFileSync(paths[1], items.join("\n"));
  return [...paths];
}

/** Three hundred people who go through two hundred things at five paces: enough for the deep floor to be in training for seconds. */
function writePaces(): string {
  const rows = ["user,item,timestamp,rating"];
  for (let u = 0; u < 300; u++) {
    for (let i = 0; i < 30; i++)
      rows.push(`u${u},i${(u * 7 + i * (2 * (u % 5) + 3)) % 200},${1_000_000 + u * 1000 + i * 60},4.5`);
  }
  const path = join(folder, "paces.csv");
  writeFileSync(path, rows.join("\n"));
  return path;
}

describe("the command line", () => {
  test("makes a release from vectors made elsewhere, and says which items have none", async () => {
    const [path, items] = writeShelves();
    const vectors = join(folder, "vectors.ndjson");
    const rows = Array.from({ length: 79 }, (_, i) => ({
      item: `s${i % 2}-${i >> 1}`,
      vector: [i % 2, 1 - (i % 2), i / 100],
    }));
    writeFileSync(
      vectors,
      [...rows, { item: "other", vector: [1, 2, 3] }].map((row) => JSON.stringify(row)).join("\n"),
    );
    const out = join(folder, "imported");
    const read = [path, "--items", items, "--holdout", "1", "--out", out, "--json"];
    const { stdout, stderr, code } = await nearfeed(["import", vectors, ...read]);
    expect(code).toBe(0);
    expect(stderr).toContain("80 vectors of 3 numbers");
    expect(stderr).toContain("1 vectors are of items that the catalogue does not have");
    expect(stderr).toContain("1 items have no vector");
    expect(JSON.parse(stdout)).toMatchObject({ vectors: { dim: 4, items: 79, unknown: 1, missing: 1 } });
    const inspected = JSON.parse((await nearfeed(["inspect", out, "--json"])).stdout) as { dim: number };
    expect(inspected.dim).toBe(4);
    const alone = await nearfeed(["import", vectors]);
    expect(alone.stderr).toContain("got 1 arguments, expected at least 2");
    expect(alone.code).toBe(2);
  });

  test("measures new items and new people by a release that has not met some of the items", async () => {
    const [path, items] = writeShelves();
    const out = join(folder, "unmet");
    const read = [path, "--items", items, "--json"];
    const kept = ["--holdout", "1", "--no-evaluation"];
    expect((await nearfeed(["train", ...read, ...kept, "--without-items", "20%", "--out", out])).code).toBe(0);
    const { stdout, stderr, code } = await nearfeed([
      "evaluate",
      ...read,
      "--protocol",
      "cold-start",
      "--release",
      out,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain("such items are");
    const {
      items: table,
      people,
      notes,
    } = JSON.parse(stdout) as {
      items: { catalogueShare: number; targets: { cold: number }; models: Record<string, unknown> };
      people: { people: number };
      notes: string[];
    };
    expect(Math.abs(table.catalogueShare - 0.2)).toBeLessThan(0.15);
    expect(table.targets.cold).toBeGreaterThan(0);
    expect(Object.keys(table.models)).toEqual(["linear", "category-cosine", "popularity", "random"]);
    expect(people.people).toBeGreaterThan(10);
    expect(notes).toEqual([]);

    const knowing = join(folder, "knowing");
    expect((await nearfeed(["train", ...read, ...kept, "--out", knowing])).code).toBe(0);
    const without = await nearfeed(["evaluate", ...read, "--protocol", "cold-start", "--release", knowing]);
    expect(without.stderr).toContain("new items are not measured: this release was trained with all of them");
    expect(JSON.parse(without.stdout)).not.toHaveProperty("items");
    const wrong = await nearfeed(["train", ...read, "--without-items", "0.1"]);
    expect(wrong.stderr).toContain('--without-items must be between 0% and 100%, such as 10%, got "0.1"');
    expect(wrong.code).toBe(2);
  });

  test("trains a release, inspects it and evaluates it, each ending in one JSON object", async () => {
    const out = join(folder, "release");
    const trained = await nearfeed(["train", log, "--out", out, "--json", "--seed", "3"]);
    expect(trained.stderr).toContain("release");
    expect(trained.code).toBe(0);
    const result = JSON.parse(trained.stdout.trim().split("\n").at(-1)!) as {
      release: string;
      report: string;
      models: Record<string, { ndcg: number }>;
      stages: { stage: string; seconds: number }[];
    };
    const stages = result.stages.map(({ stage }) => stage);
    expect([stages[0], stages.at(-1)]).toEqual(["reading", "packing"]);
    expect(Math.min(...result.stages.map(({ seconds }) => seconds))).toBeGreaterThanOrEqual(0);
    expect(result.models["linear"].ndcg).toBeGreaterThan(result.models["popularity"].ndcg);

    const inspected = await nearfeed(["inspect", out, "--json"]);
    const release = JSON.parse(inspected.stdout) as { metrics: { card: { data: string; quality: string } } };
    expect(release).toMatchObject({ id: result.release, items: 80 });
    expect(release.metrics.card.data).toContain("960 events (960 of them likes) of 40 people on 80 items");

    expect(result.report).toBe(join(out, "report.html"));
    const page = readFileSync(result.report, "utf8");
    expect(page).toContain(`Nearfeed release ${result.release}`);
    expect(page).toContain(release.metrics.card.quality);
    for (const id of ["quality", "diversity", "newcomers", "popularity", "titles", "ablation", "data", "cost", "card"])
      expect(page).toContain(`<section id="${id}">`);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);

    const evaluated = await nearfeed([
      "evaluate",
      log,
      "--protocol",
      "replay",
      "--release",
      out,
      "--seed",
      "3",
      "--json",
    ]);
    const table = JSON.parse(evaluated.stdout.trim().split("\n").at(-1)!) as Record<string, unknown>;
    expect(table).toMatchObject({ protocol: "replay", release: result.release, models: result.models, notes: [] });
    expect(table["data"]).toMatchObject({ users: 40, items: 80, events: 960 });
  });

  test("evaluates without a release by training on what is not held out", async () => {
    const { code, stdout } = await nearfeed(["evaluate", log, "--protocol", "leave-one-out", "--json"]);
    expect(code).toBe(0);
    const { models } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { models: Record<string, { targets: number }> };
    expect(Object.keys(models)).toEqual(expect.arrayContaining(["linear", "popularity", "random"]));
    expect(models["linear"].targets).toBe(40);
  });

  test("measures on test files of their own, each user's as one set, where order means nothing", async () => {
    const [train, held] = writeSets();
    const split = ["--protocol", "split", "--test", held, "--unordered", "--models", "linear,item-knn", "--json"];
    const { code, stdout } = await nearfeed(["evaluate", train, ...split]);
    expect(code).toBe(0);
    const { models, length, data } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
      models: Record<string, { recall: number; people: number; targets: number; intervals: Record<string, unknown> }>;
      length: number;
      data: { order: string };
    };
    expect(Object.keys(models)).toEqual(["linear", "item-knn", "popularity", "random"]);
    expect(models["linear"]).toMatchObject({ people: 60, targets: 180 });
    expect(models["linear"].recall).toBeGreaterThan(0.9);
    expect(models["random"].recall).toBeLessThan(0.5);
    expect(Object.keys(models["linear"].intervals)).toEqual(["ndcg", "recall"]);
    expect(length).toBe(20);
    expect(data.order).toContain("hash");
  });

  test("trains where order means nothing: held-out events are a set, and the neighbours of two hundred likes count", async () => {
    const [train] = writeSets();
    const out = join(folder, "sets");
    writeFileSync(join(folder, "NOTICE"), "For science, not for sale.");
    const training = ["train", train, "--unordered", "--holdout", "2", "--out", out];
    expect((await nearfeed(training)).code).toBe(0);
    const report = readFileSync(join(out, "report.html"), "utf8");
    expect(report).toContain("Recall@20");
    expect(report).toContain("NOTICE beside the log says: For science, not for sale.");
    // The report of the release before goes with it.
    expect((await nearfeed([...training, "--no-report"])).code).toBe(0);
    expect(existsSync(join(out, "report.html"))).toBe(false);
    const release = JSON.parse((await nearfeed(["inspect", out, "--json"])).stdout) as Record<string, unknown>;
    expect(release["metrics"]).toMatchObject({ protocol: "split", models: { linear: { people: 60, targets: 120 } } });
    expect(release["linear"]).toMatchObject({ neighbourPositives: 200, neighbourHalfLifePositives: null, intent: 0 });
  });

  test("says what it can do, and what each command takes", async () => {
    const version = await nearfeed(["--version"]);
    expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const help = await nearfeed(["--help"]);
    expect(help.code).toBe(0);
    for (const name of ["dev", "train", "evaluate", "publish", "activate", "rollback", "releases", "inspect"])
      expect(help.stdout).toContain(`  ${name} `);
    const train = await nearfeed(["train", "--help"]);
    expect(train.stdout).toContain("--items FILES");
    expect(train.stdout).toContain("--max-bad-rows");
  });
});

describe("exit codes", () => {
  const cases: [string, string[], number, string][] = [
    ["no command", [], 2, "Usage"],
    ["an unknown command", ["fly"], 2, 'no command "fly"'],
    ["an unknown option", ["train", log, "--fast"], 2, "--fast"],
    ["a missing argument", ["publish"], 2, "got 0 arguments"],
    ["nothing to learn from", ["train"], 2, "neither a log nor an item table"],
    ["what is about a log without one", ["train", "--items", log, "--deep"], 2, "--deep is about a log"],
    ["a bad number", ["train", log, "--seed", "x"], 2, "--seed must be a whole number"],
    [
      "an unknown protocol",
      ["evaluate", log, "--protocol", "guess"],
      2,
      "--protocol must be one of replay, leave-one-out, split",
    ],
    ["a split without its test part", ["evaluate", log, "--protocol", "split"], 2, "got no --test"],
    ["a test part without a split", ["evaluate", log, "--protocol", "replay", "--test", log], 2, "--test is for"],
    ["an unknown model", ["evaluate", log, "--protocol", "replay", "--models", "best"], 2, '--models names "best"'],
    ["a file that is not there", ["train", "nothing.parquet"], 3, '"nothing.parquet" matches no file'],
    ["a column that is not there", ["train", log, "--rating", "stars"], 3, "got user, item, timestamp, rating"],
    ["a folder without a release", ["inspect", folder], 3, "has no release.json"],
    ["a publish without the secret", ["publish", folder], 2, "NEARFEED_SECRET"],
  ];
  for (const [what, args, code, words] of cases) {
    test(`${what}: ${code}`, async () => {
      const outcome = await nearfeed(args);
      expect(outcome.stdout + outcome.stderr).toContain(words);
      expect(outcome.code).toBe(code);
    });
  }

  test("--json gives errors as JSON too", async () => {
    const { stdout } = await nearfeed(["train", "nothing.parquet", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "file_not_found", path: "nothing.parquet" } });
  });

  test("ctrl-C stops a training with 130 and leaves nothing half-written", async () => {
    const out = join(folder, "interrupted");
    let killed = false;
    const { code, stderr } = await nearfeed(["train", log, "--out", out], (text, kill) => {
      if (killed || !text.includes("reading:")) return;
      killed = true;
      kill();
    });
    expect(stderr).toContain("Interrupted");
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("so it does once the linear floor is made and the deep one is not", async () => {
    const out = join(folder, "interrupted-deep");
    const fit = join(root, "trainer/datasets/movielens-small/linear-fit.json");
    let killed = false;
    const { code, stderr } = await nearfeed(
      ["train", writePaces(), "--fit", fit, "--deep", "--out", out],
      (text, kill) => {
        if (killed || !/^vectors: [\d.]+ /m.test(text)) return;
        killed = true;
        kill();
      },
    );
    expect(killed).toBe(true);
    expect(stderr).toContain("Interrupted");
    expect(stderr).not.toContain("ranker:");
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
  });
});
