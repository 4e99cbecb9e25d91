import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

// Each case starts a process; on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = join(import.meta.dirname, "../../../..");
const cli = join(root, "bin/nearfeed.js");
const fit = join(root, "trainer/datasets/movielens-small/linear-fit.json");
const folder = mkdtempSync(join(tmpdir(), "nearfeed-bad-input-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function nearfeed(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

/** What is said for people: one message, at most one hint below it, never a stack. */
async function refusal(args: readonly string[], env?: Record<string, string>): Promise<Outcome> {
  const outcome = await nearfeed(args, env);
  expect(outcome.stderr).toMatch(/^nearfeed: /m);
  expect(outcome.stderr).not.toMatch(/^ +at /m);
  return outcome;
}

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Users of some likes each, one after the other. */
function likes(name: string, users: number, each: number): string {
  const rows = Array.from({ length: users * each }, (_, n) => {
    const [u, i] = [Math.floor(n / each), n % each];
    return `u${u},i${(u * 3 + i) % 30},${1_700_000_000 + n},5`;
  });
  return write(name, ["user,item,timestamp,rating", ...rows].join("\n"));
}

/** An address that answers everything alike. */
async function listen(answer: RequestListener): Promise<{ url: string; port: string; close: () => void }> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port: String(port), close: () => server.close() };
}

const log = likes("log.csv", 12, 12);
const quick = ["train", log, "--no-evaluation", "--fit", fit, "--out"];
const release = join(folder, "release");
beforeAll(async () => {
  const { code, stderr } = await nearfeed([...quick, release]);
  if (code !== 0) throw new Error(`the release that the tests need was not made: ${stderr}`);
});

describe("a folder that cannot take a release is refused before training", () => {
  test("a file, and a folder below a file", async () => {
    const file = write("occupied", "mine");
    for (const [out, words] of [
      [file, "is a file"],
      [join(file, "below"), `${file} is a file`],
    ]) {
      const { code, stderr } = await refusal([...quick, out]);
      expect(stderr).toContain(words);
      expect(stderr).not.toContain("reading:");
      expect(code).toBe(2);
    }
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("a folder with other files, which stay", async () => {
    const photos = join(folder, "photos");
    mkdirSync(photos);
    writeFileSync(join(photos, "cat.jpg"), "cat");
    expect((await refusal([...quick, photos])).code).toBe(2);
    expect(readdirSync(photos)).toEqual(["cat.jpg"]);
  });

  test.runIf(existsSync("/proc/self"))("a place where no folder can be made", async () => {
    const { code, stderr } = await refusal([...quick, "/proc/none/release"]);
    expect(stderr).toContain("/proc/none cannot be made");
    expect(code).toBe(2);
    const free = await listen(() => undefined);
    free.close();
    const dev = await refusal(["dev", "--port", free.port, "--state", "/proc/none/state"]);
    expect(dev.stderr).toContain("/proc/none cannot be made");
    expect(dev.code).toBe(2);
  });
});

describe.runIf(process.platform !== "win32")("a disk without room for the release", () => {
  // A limit on the size of files stands for a full disk: the system refuses in the middle of a file in both.
  const limited = (args: readonly string[]) =>
    spawnSync("sh", ["-c", 'ulimit -f 8; exec "$@"', "sh", process.execPath, cli, ...args], { encoding: "utf8" });

  test("is said with the place, and nothing is left there", () => {
    const place = join(folder, "full");
    mkdirSync(place);
    const { status, stderr } = limited([...quick, join(place, "release")]);
    expect(stderr).toMatch(/^nearfeed: The release cannot be written to .*full\/release: (EFBIG|ENOSPC)/m);
    expect(stderr).toContain("Nothing of it is left there");
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
    expect(readdirSync(place)).toEqual([]);
  });

  test("leaves the release that was there as it was", async () => {
    const place = join(folder, "older");
    expect((await nearfeed([...quick, place])).code).toBe(0);
    const files = readdirSync(place);
    expect(limited([...quick, place, "--seed", "2"]).status).toBe(1);
    expect(readdirSync(place)).toEqual(files);
    expect((await nearfeed(["inspect", place])).code).toBe(0);
  });
});

describe("wrong arguments end with 2 and name the flag", () => {
  const cases: [string, string[], string][] = [
    ["an empty value", ["--out", ""], "--out is empty"],
    ["a unit of time", ["--time-unit", "h"], '--time-unit must be one of "s", "ms", "us", "text"'],
    ["a rating scale", ["--rating-scale", "x"], "--rating-scale must be a finite number"],
    ["a kind of event", ["--default-type", "lke"], "--default-type must be one of"],
    ["an item column without items", ["--item-published-at", "day"], "--item-published-at is about an item table"],
  ];
  for (const [what, args, words] of cases) {
    test(`${what} is refused`, async () => {
      const { code, stderr } = await refusal(["train", log, ...args]);
      expect(stderr).toContain(words);
      expect(code).toBe(2);
    });
  }
});

describe("JSON files are named with what is wrong in them", () => {
  const cases: [string, string, string][] = [
    ["an unknown field", '{"usr":"user"}', ": usr is not a known field"],
    ["a value of another type", '{"user":5}', ": user must be a string, got 5"],
    ["another shape", "[]", ": the value must be an object"],
    ["no JSON", "{", " is not JSON"],
  ];
  for (const [what, content, words] of cases) {
    test(`a mapping with ${what} is refused`, async () => {
      const path = write("mapping.json", content);
      const { code, stderr } = await refusal(["train", log, "--mapping", path]);
      expect(stderr).toContain(path + words);
      expect(code).toBe(3);
    });
  }

  test("a folder in place of a file is refused", async () => {
    expect((await refusal(["train", log, "--mapping", folder])).stderr).toContain(`${folder} cannot be read`);
    expect((await refusal(["train", log, "--fit", join(folder, "none.json")])).code).toBe(3);
  });
});

describe("logs with too little in them", () => {
  test("train with nothing held out still tunes, and makes a release that is whole", async () => {
    const out = join(folder, "all-of-it");
    expect((await nearfeed(["train", likes("short.csv", 20, 4), "--holdout", "0", "--out", out])).code).toBe(0);
    expect((await nearfeed(["inspect", out])).code).toBe(0);
  });

  test("too few events to hold out are told before training", async () => {
    const { code, stderr } = await refusal(["train", likes("few.csv", 20, 4), "--out", join(folder, "never")]);
    expect(stderr).toContain("No user has enough events to hold 10 out: 21 are needed");
    expect(stderr).not.toContain("vectors");
    expect(code).toBe(3);
  });

  test("one event, or nothing that anyone likes, is no data", async () => {
    const disliked = write("low.csv", readFileSync(log, "utf8").replaceAll(",5\n", ",0.5\n"));
    for (const path of [likes("one.csv", 1, 1), disliked]) {
      const { code, stderr } = await refusal(["train", path, "--no-evaluation", "--out", join(folder, "never")]);
      expect(stderr).toContain("no user of the log has a liked event after two others");
      expect(code).toBe(3);
    }
    expect(existsSync(join(folder, "never"))).toBe(false);
  });

  test("too little for the deep floor is told, and makes no release", async () => {
    const out = join(folder, "no-deep");
    const { code, stderr } = await refusal(["train", log, "--deep", "--fit", fit, "--no-evaluation", "--out", out]);
    expect(stderr).toContain("The log has too few items or events to train the deep floor");
    expect(code).toBe(3);
    expect(existsSync(out)).toBe(false);
  });

  test("a table without a target is no table", async () => {
    const path = likes("three.csv", 20, 3);
    const { code, stderr, stdout } = await refusal(["evaluate", path, "--protocol", "replay", "--release", release]);
    expect(stderr).toContain("There is nothing to measure");
    expect(stdout).not.toContain("NaN");
    expect(code).toBe(3);
  });
});

describe("publishing", () => {
  const answers: [string, RequestListener, string][] = [
    ["a page", (_, response) => response.end("<html>hello"), "does not answer as an edge of Nearfeed"],
    [
      "other JSON",
      (_, response) => response.end('{"channel":5}'),
      "does not answer as an edge of Nearfeed: channel is not a known field",
    ],
    ["a failure", (_, response) => response.writeHead(500).end("<html>"), "HTTP 500"],
    ["a redirect", (_, response) => response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end(), "HTTP 302"],
    [
      "half an answer",
      (_, response) => response.writeHead(200, { "Content-Length": "9" }).end("x", () => response.destroy()),
      "cannot be reached",
    ],
  ];
  for (const [what, answer, words] of answers) {
    test(`an address that answers with ${what} is no edge: 4`, async () => {
      const other = await listen(answer);
      const { code, stderr } = await refusal(["publish", release, "--edge", other.url], { NEARFEED_SECRET: "x" });
      other.close();
      expect(stderr).toContain(words);
      expect(code).toBe(4);
    });
  }

  test("an address where nobody listens: 4", async () => {
    const gone = await listen(() => undefined);
    gone.close();
    const { code, stderr } = await refusal(["publish", release, "--edge", gone.url], { NEARFEED_SECRET: "x" });
    expect(stderr).toContain("cannot be reached: connect ECONNREFUSED");
    expect(code).toBe(4);
  });

  test("a secret that no header can carry is refused and not shown", async () => {
    const { code, stderr } = await refusal(["publish", release], { NEARFEED_SECRET: "first\nsecond" });
    expect(stderr).toContain("NEARFEED_SECRET");
    expect(stderr).not.toContain("second");
    expect(code).toBe(2);
  });

  test("wrong names of channels and releases are wrong arguments", async () => {
    const secret = { NEARFEED_SECRET: "x" };
    expect((await refusal(["publish", release, "--channel", "a b"], secret)).code).toBe(2);
    expect((await refusal(["activate", "xyz"], secret)).code).toBe(2);
  });
});

test("a folder of releases that is not there is not an empty one", async () => {
  expect((await refusal(["releases", join(folder, "nowhere")])).code).toBe(3);
  expect((await nearfeed(["releases"])).code).toBe(0);
});

test("a damaged release.json is named, and ends with 3", async () => {
  const path = join(folder, "damaged");
  mkdirSync(path);
  writeFileSync(join(path, "release.json"), "{}");
  const { code, stderr } = await refusal(["inspect", path]);
  expect(stderr).toContain(`${join(path, "release.json")}: format is required and absent`);
  expect(code).toBe(3);
});

test.runIf(process.platform !== "win32")("a closed pipe ends a command without a stack", () => {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `"${process.execPath}" "${cli}" inspect "${release}" --json | true; exit 0`],
    {
      encoding: "utf8",
    },
  );
  expect(status).toBe(0);
  expect(stderr).toContain("The output cannot be written");
  expect(stderr).not.toMatch(/^ +at /m);
});
