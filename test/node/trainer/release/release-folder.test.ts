import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { blobsOf, MAX_BLOB_BYTES } from "../../../../shared/release.ts";
import { createProfile } from "../../../../shared/profile.ts";
import { interestAt } from "../../../../shared/interest.ts";
import { knownItem } from "../../../../trainer/items/assemble.ts";
import { buildRelease } from "../../../../trainer/release/build-release.ts";
import { openRelease } from "../../../../trainer/release/open-release.ts";
import {
  describeRelease,
  listReleaseFolders,
  readReleaseBlob,
  readReleaseFolder,
  writeReleaseFolder,
} from "../../../../trainer/release/release-folder.ts";
import { sha256Hex } from "../../../../trainer/runtime.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const base = mkdtempSync(join(tmpdir(), "nearfeed-release-"));
afterAll(() => rmSync(base, { recursive: true }));

const trained = await trainLinear(twoTastes(40, 20, 14, 1), { seed: 1, holdout: 3 });
const built = await buildRelease(trained, { createdAt: 1_700_000_000_000, metrics: { holdout: 3 } });

let folder: string;
let count = 0;
beforeEach(async () => {
  folder = join(base, `release-${count++}`);
  await writeReleaseFolder(folder, built.release, built.bytes);
});

/** The release that was built, of other files. */
function draftOf({ index, ids, catalog, neighbours }: typeof built.bytes) {
  const { id: _, files: __, ...draft } = built.release;
  const device = index.length + ids.length + catalog.length + neighbours.length;
  return { ...draft, costs: { ...draft.costs!, device } };
}

async function codeOf(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NearfeedError);
  return [(error as NearfeedError).code, (error as NearfeedError).path];
}

describe("a release folder", () => {
  test("replaces an older release, and never a folder with anything else in it", async () => {
    await writeReleaseFolder(folder, built.release, built.bytes);
    expect(await readReleaseFolder(folder)).toEqual(built.release);
    writeFileSync(join(folder, "notes.txt"), "mine");
    expect(await codeOf(writeReleaseFolder(folder, built.release, built.bytes))).toEqual(["bad_argument", "--out"]);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
    const foreign = join(base, "elsewhere", "foreign");
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, "release.json"), '{"version":"1"}');
    expect(await codeOf(writeReleaseFolder(foreign, built.release, built.bytes))).toEqual(["bad_argument", "--out"]);
    expect(readFileSync(join(foreign, "release.json"), "utf8")).toBe('{"version":"1"}');
  });

  test("reads back whole, and scores as what it was made from", async () => {
    const { release, model, assembly } = await openRelease(folder);
    expect(release).toEqual(built.release);
    expect(assembly.items).toEqual(trained.assembly.items);
    const row = assembly.table.rowOf.get("red003")!;
    const scores = [trained, { model, assembly }].map((each) => {
      const event = { id: "1", item: "red003", at: 1, type: "like" as const };
      const profile = createProfile(each.model, [{ event, known: knownItem(each.assembly, row) }]);
      return scoreLinear(each.assembly.table, interestAt(profile, each.model, 2), each.model).total;
    });
    expect(scores[1]).toEqual(scores[0]);
    expect(new Set(scores[0]).size).toBeGreaterThan(10);
  });

  test("is the same release for the same seed, whenever it is made", async () => {
    const again = await trainLinear(twoTastes(40, 20, 14, 1), { seed: 1, holdout: 3, threads: 1 });
    const other = await buildRelease(again, { createdAt: 1_700_000_000_000, metrics: { holdout: 3 } });
    expect(other.release.id).toBe(built.release.id);
  });

  test("names files by content and leaves nothing else beside them", () => {
    expect(readdirSync(folder).sort()).toEqual(
      [...Object.values(built.release.files).map(({ name }) => name), "release.json"].sort(),
    );
    expect(readdirSync(base).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("costs at most 320 bytes an item on top of the header", () => {
    const { index, neighbours } = built.release.files;
    expect(index.bytes + neighbours.bytes).toBeLessThan(320 * built.release.items + 4096);
  });
});

describe("what a release says it costs", () => {
  test("is what its files have and what an answer of them would have", () => {
    const { files, costs, items } = built.release;
    const { index, ids, catalog, neighbours } = built.bytes;
    expect(costs!.device).toBe(index.length + ids.length + catalog.length + neighbours.length);
    expect(costs!.pool.cells).toBe(trained.assembly.index.cellStart.length - 1);
    expect(costs!.pool.bytes * costs!.pool.cells).toBeCloseTo(files.pools!.bytes, -2);
    expect(costs!.rows).toEqual({ blocks: 1, bytes: files.rows!.bytes });
    // All of so few items fit one answer, which has what a pool has of them but their neighbours.
    expect(costs!.edge).toBeLessThan(files.pools!.bytes);
    expect(costs!.edge).toBeGreaterThan(catalog.length + items * trained.assembly.index.columns.dim);
  });
});

describe("a file too large for one blob", () => {
  test("lies whole in the folder, and is read for the edge part by part", async () => {
    const ids = new Uint8Array(MAX_BLOB_BYTES + 1_000_000).map((_, i) => i % 251);
    const bytes = { ...built.bytes, ids };
    const release = await describeRelease(draftOf(bytes), bytes);
    await writeReleaseFolder(folder, release, bytes);
    const file = (await readReleaseFolder(folder)).files.ids;
    expect(file.bytes).toBe(ids.length);
    expect(blobsOf(file).map((blob) => blob.bytes)).toEqual([MAX_BLOB_BYTES, 1_000_000]);
    let offset = 0;
    for (const blob of blobsOf(file)) {
      expect(sha256Hex(await readReleaseBlob(folder, file, blob, offset))).toBe(blob.sha256);
      offset += blob.bytes;
    }
  });
});

describe("damage is found", () => {
  test("in a file that lost its end", async () => {
    const path = join(folder, built.release.files.index.name);
    truncateSync(path, 100);
    expect(await codeOf(readReleaseFolder(folder))).toEqual(["incomplete_release", path]);
  });

  test("in a file with one other byte", async () => {
    const path = join(folder, built.release.files.neighbours.name);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    expect(await codeOf(openRelease(folder))).toEqual(["hash_mismatch", path]);
  });

  test("in a file that is of its hash and yet no index", async () => {
    const bytes = { ...built.bytes, index: built.bytes.index.subarray(0, 2000) };
    const release = await describeRelease(draftOf(bytes), bytes);
    await writeReleaseFolder(folder, release, bytes);
    expect(await codeOf(openRelease(folder))).toEqual(["bad_file", join(folder, release.files.index.name)]);
  });

  test("in a missing file", async () => {
    rmSync(join(folder, built.release.files.ids.name));
    expect((await codeOf(readReleaseFolder(folder)))[0]).toBe("incomplete_release");
  });

  test("in a changed release.json", async () => {
    const path = join(folder, "release.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"nu": 1', '"nu": 2'));
    expect(await codeOf(readReleaseFolder(folder))).toEqual(["hash_mismatch", path]);
  });

  test("in a release.json that is no JSON, and in a folder without one", async () => {
    appendFileSync(join(folder, "release.json"), "}");
    expect((await codeOf(readReleaseFolder(folder)))[0]).toBe("bad_file");
    expect((await codeOf(readReleaseFolder(base)))[0]).toBe("file_not_found");
  });
});

describe("writing", () => {
  test("replaces an older release in the same place", async () => {
    const newer = await buildRelease(trained, { createdAt: 1_700_000_000_001, metrics: {} });
    await writeReleaseFolder(folder, newer.release, newer.bytes);
    expect((await readReleaseFolder(folder)).id).toBe(newer.release.id);
    const { found, damaged } = await listReleaseFolders(base);
    expect(found[0].release.id).toBe(newer.release.id);
    // The folders that the tests above damaged are named, not listed.
    expect(damaged.length).toBe(5);
  });

  test("leaves a folder that holds anything else as it is", async () => {
    const other = join(base, "photos");
    mkdirSync(other);
    writeFileSync(join(other, "cat.jpg"), "cat");
    expect((await codeOf(writeReleaseFolder(other, built.release, built.bytes)))[0]).toBe("bad_argument");
    expect(readdirSync(other)).toEqual(["cat.jpg"]);
  });

  test("that fails on the way leaves the release that was there, and no draft", async () => {
    const broken = {
      ...built.bytes,
      get constants(): Uint8Array {
        throw new Error("disk full");
      },
    };
    await expect(writeReleaseFolder(folder, built.release, broken)).rejects.toThrow("disk full");
    expect((await readReleaseFolder(folder)).id).toBe(built.release.id);
    expect(readdirSync(base).filter((name) => name.startsWith("."))).toEqual([]);
    expect(existsSync(join(folder, "release.json"))).toBe(true);
  });
});
