import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import { createLogClient } from "../../../../trainer/logs/log-client.ts";
import { pullLogs } from "../../../../trainer/logs/pull-logs.ts";
import { gzipPart, type LogServer, nameOf, SECRET, startLogServer } from "./log-server.ts";

const ROOT = join(import.meta.dirname, "../../../..");

let log: LogServer;
let folder: string;

beforeEach(async () => {
  log = await startLogServer();
  folder = join(await mkdtemp(join(tmpdir(), "nearfeed-pull-")), "logs");
});
afterEach(async () => {
  await log.close();
  await rm(dirname(folder), { recursive: true });
});

function pull({ url = log.url, secret = SECRET } = {}) {
  return pullLogs(createLogClient({ edge: url, secret, fetch }), folder);
}

async function failure(running: Promise<unknown>): Promise<NearfeedError> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NearfeedError);
  return error as NearfeedError;
}

function fill(count: number, subject = "s"): void {
  for (let i = 0; i < count; i++) log.parts.set(nameOf(i), gzipPart(`${subject}${i}`, 1 + (i % 3)));
}

/** Every file of the folder, by its path. */
async function files(): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = found.sort().map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const);
  return new Map(await Promise.all(read));
}

async function expectMirror(): Promise<void> {
  const held = await files();
  expect([...held.keys()]).toEqual([...log.parts.keys()].sort());
  for (const [name, bytes] of log.parts) expect(Buffer.compare(held.get(name)!, bytes)).toBe(0);
}

describe("a pull", () => {
  test("brings every part of a log of many pages, under its own name", async () => {
    fill(30);
    const bytes = [...log.parts.values()].reduce((sum, each) => sum + each.length, 0);
    expect(await pull()).toEqual({ parts: 30, fetched: 30, fetchedBytes: bytes, removed: 0 });
    await expectMirror();
  });

  test("of an empty log leaves an empty folder", async () => {
    expect(await pull()).toEqual({ parts: 0, fetched: 0, fetchedBytes: 0, removed: 0 });
    expect((await files()).size).toBe(0);
  });

  test("fetches only what is new or was written anew, and deletes what is gone", async () => {
    fill(10);
    await pull();
    log.fetched.length = 0;
    log.parts.set(nameOf(30), gzipPart("new", 1));
    log.parts.set(nameOf(3), gzipPart("anew", 1));
    log.parts.delete(nameOf(7));
    expect(await pull()).toMatchObject({ parts: 10, fetched: 2, removed: 1 });
    expect(log.fetched.sort()).toEqual([nameOf(3), nameOf(30)].sort());
    await expectMirror();
    expect(await readdir(join(folder, "dt=2026-06-01"))).not.toContain("hour=07");
  });

  test("fetches a part anew that has the right size and other bytes", async () => {
    fill(2);
    await pull();
    const path = join(folder, nameOf(0));
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    expect(await pull()).toMatchObject({ fetched: 1 });
    await expectMirror();
  });

  test("takes a part as it is now, though it was written anew since it was listed", async () => {
    fill(3);
    const anew = gzipPart("anew", 1);
    const client = createLogClient({ edge: log.url, secret: SECRET, fetch });
    const listed = await client.parts();
    log.parts.set(nameOf(1), anew);
    log.parts.delete(nameOf(2));
    const report = await pullLogs({ ...client, parts: () => Promise.resolve(listed) }, folder);
    expect(report).toMatchObject({ parts: 2, fetched: 2 });
    await expectMirror();
  });

  test("leaves files alone that are no parts, and drafts that may still be written", async () => {
    fill(2);
    await pull();
    const draft = `${nameOf(0)}.0b0dca7e-0000-4000-8000-000000000000.draft`;
    const stale = `${nameOf(1)}.0b0dca7e-0000-4000-8000-000000000000.draft`;
    for (const name of ["notes.txt", "dt=2026-06-01/mine.ndjson.gz", draft, stale]) {
      await writeFile(join(folder, name), "mine");
    }
    await utimes(join(folder, stale), 1, 1);
    await pull();
    const names = [...(await files()).keys()];
    expect(names).toEqual(expect.arrayContaining(["notes.txt", "dt=2026-06-01/mine.ndjson.gz", draft]));
    expect(names).not.toContain(stale);
  });
});

describe("a pull that fails", () => {
  test("because bytes were damaged on the way says so, and keeps nothing of them", async () => {
    fill(3);
    log.fault = (name, bytes) => Promise.resolve(name === nameOf(1) ? bytes.map((byte) => byte ^ 1) : bytes);
    const { code, path } = await failure(pull());
    expect([code, path]).toEqual(["hash_mismatch", nameOf(1)]);
    expect([...(await files()).keys()]).not.toContain(nameOf(1));
  });

  test("because the line broke in the middle of a part keeps only whole parts, and the next goes on there", async () => {
    fill(20);
    log.fault = (name, bytes) => Promise.resolve(name === nameOf(12) ? "break" : bytes);
    expect((await failure(pull())).code).toBe("edge_failed");
    const held = await files();
    for (const [name, bytes] of held) expect(Buffer.compare(bytes, log.parts.get(name)!)).toBe(0);
    log.fault = (_, bytes) => Promise.resolve(bytes);
    log.fetched.length = 0;
    expect(await pull()).toMatchObject({ parts: 20, fetched: 20 - held.size });
    await expectMirror();
  });

  test("for want of the secret or of an edge names what to do", async () => {
    expect((await failure(pull({ secret: "wrong" }))).message).toContain("unauthorized");
    expect((await failure(pull({ url: "http://127.0.0.1:9" }))).code).toBe("edge_failed");
  });

  test("because the folder is a file, or holds the log of another edge, touches nothing", async () => {
    fill(3);
    await pull();
    log.parts.clear();
    log.parts.set(nameOf(40), gzipPart("other", 1));
    const { code, path, hint } = await failure(pull());
    expect([code, path]).toEqual(["bad_argument", "DIR"]);
    expect(hint).toContain("delete");
    expect((await files()).size).toBe(3);
    await rm(folder, { recursive: true });
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, "a file");
    expect((await failure(pull())).code).toBe("bad_argument");
  });

  test("because an edge lists names that are paths to elsewhere writes nothing", async () => {
    for (const name of ["../../evil.ndjson.gz", "/etc/passwd", "dt=2026-06-01/hour=00/../../x.ndjson.gz"]) {
      log.parts.clear();
      log.parts.set(name, gzipPart("evil", 1));
      expect((await failure(pull())).code).toBe("edge_failed");
      expect((await files()).size).toBe(0);
    }
  });

  test("because an edge lists in circles ends", async () => {
    const page = JSON.stringify({ parts: [], next: nameOf(1) });
    const circles = (() => Promise.resolve(new Response(page))) as typeof fetch;
    const client = createLogClient({ edge: log.url, secret: SECRET, fetch: circles });
    expect((await failure(pullLogs(client, folder))).code).toBe("edge_failed");
  });
});

test("whatever the log becomes between pulls, cut off or not, the folder is the log at the end", async () => {
  const change = fc.record({
    part: fc.nat(9),
    to: fc.option(fc.nat(3), { nil: undefined }),
    cutAt: fc.option(fc.nat(9), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
      await rm(folder, { recursive: true, force: true });
      log.parts.clear();
      log.parts.set(nameOf(100), gzipPart("stays", 1));
      for (const { part, to, cutAt } of changes) {
        if (to === undefined) log.parts.delete(nameOf(part));
        else log.parts.set(nameOf(part), gzipPart(`v${to}`, 1 + to));
        log.fault = (name, bytes) => Promise.resolve(cutAt !== undefined && name === nameOf(cutAt) ? "break" : bytes);
        await pull().catch(() => undefined);
      }
      log.fault = (_, bytes) => Promise.resolve(bytes);
      await pull();
      await expectMirror();
      expect(await pull()).toMatchObject({ fetched: 0, removed: 0 });
    }),
    { numRuns: 20 },
  );
});

test("ctrl-C ends the command with 130 and leaves only whole parts; the same command then finishes", async () => {
  fill(24);
  let sent = 0;
  log.fault = async (_, bytes) => {
    if (++sent > 10) await new Promise((resolve) => setTimeout(resolve, 3_000));
    return bytes;
  };
  const first = start();
  while (sent <= 10) await new Promise((resolve) => setTimeout(resolve, 10));
  first.child.kill("SIGINT");
  const outcome = await first.ended;
  expect(outcome).toMatchObject({ code: 130 });
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "cancelled" } });
  const held = await files();
  expect(held.size).toBeGreaterThan(0);
  expect(held.size).toBeLessThan(24);
  for (const [name, bytes] of held) expect(Buffer.compare(bytes, log.parts.get(name)!)).toBe(0);

  log.fault = (_, bytes) => Promise.resolve(bytes);
  const second = await start().ended;
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({ folder, parts: 24, fetched: 24 - held.size, removed: 0 });
  await expectMirror();
});

test("an action that there is not, and a folder for compact, are wrong arguments", async () => {
  for (const args of [["push"], ["compact", "folder"], []]) {
    const { code, stdout } = await start(args).ended;
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: { code: "bad_argument" } }]);
  }
});

/** The command, in a process of its own. */
function start(args = ["pull", folder]) {
  const env = { ...process.env, NEARFEED_EDGE: log.url, NEARFEED_SECRET: SECRET };
  const child = spawn(process.execPath, [join(ROOT, "bin/nearfeed.js"), "logs", ...args, "--json"], { env });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = new Promise<{ code: number | null; stdout: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout })),
  );
  return { child, ended };
}
