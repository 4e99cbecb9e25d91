import { reset } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { Hit } from "../../edge/retrieval/candidates.ts";
import { findCandidates } from "../../edge/retrieval/pipeline.ts";
import { nothingTrends } from "../../edge/retrieval/sources/trending.ts";
import { startPipeline } from "../../edge/retrieval/start.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Candidates } from "../../shared/candidates-file.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import { call, expectError, goLive } from "./edge.ts";
import { openRelease } from "./open-release.ts";
import type { OpenRelease } from "./open-release.ts";

const small = await smallRelease({ items: 600 });
const { columns, dictionaries, release } = small;

beforeAll(async () => {
  await reset();
  await goLive(small);
});

async function start(query = ""): Promise<Candidates> {
  const answer = await call(`/v1/${release.id}/start${query}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Cache-Control")).toBe("public, max-age=10");
  expect(answer.headers.get("Nearfeed-Release")).toBe(release.id);
  return decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
}

/** The start pool of a release that no channel names. */
function poolOf(open: OpenRelease): Promise<Hit[]> {
  return findCandidates(startPipeline(open, nothingTrends, START_COUNT), { count: START_COUNT, filter: {} });
}

describe("the start pool", () => {
  test("holds 400 items with display data, the most popular first, every fifth a new one", async () => {
    const { ids, row, source, catalog } = await start();
    expect(ids.length).toBe(400);
    expect(catalog?.map((each) => (JSON.parse(each) as { id: string }).id)).toEqual(ids);
    const byPopularity = [...small.ids.keys()].sort((a, b) => columns.popularity[b] - columns.popularity[a] || a - b);
    const byDate = [...small.ids.keys()].sort((a, b) => columns.publishedAt[b] - columns.publishedAt[a] || a - b);
    expect(Array.from(row.slice(0, 4))).toEqual(byPopularity.slice(0, 4));
    expect(row[4]).toBe(byDate[0]);
    expect(Array.from(row)).toEqual(expect.arrayContaining(byPopularity.slice(0, 320)));
    const fresh = Array.from(source, (bits) => sourcesOf(bits).includes("fresh"));
    expect(fresh.filter(Boolean).length).toBeGreaterThanOrEqual(75);
    expect(
      Array.from(source).every((bits) => sourcesOf(bits).every((each) => ["popular", "fresh"].includes(each))),
    ).toBe(true);
  });

  test("holds only what fits the language and the region", async () => {
    const { row, columns: own } = await start("?language=de&region=JP");
    expect(row.length).toBeGreaterThan(100);
    for (let at = 0; at < row.length; at++) {
      expect([0, dictionaries.languages.indexOf("de") + 1]).toContain(own.language[at]);
      const regions = Array.from(own.region.slice(own.regionStart[at], own.regionStart[at + 1]));
      expect(regions.length === 0 || regions.includes(dictionaries.regions.indexOf("JP"))).toBe(true);
    }
  });

  test("of a small catalogue is all of it, each item once", async () => {
    const few = await smallRelease({ items: 30 });
    const rows = (await poolOf(await openRelease(few))).map(({ row }) => row);
    expect(rows.sort((a, b) => a - b)).toEqual([...few.ids.keys()]);
  });

  test("of a catalogue without dates or popularity is still full", async () => {
    const open = await openRelease(small);
    open.tables.index.columns.publishedAt.fill(0);
    open.tables.index.columns.popularity.fill(0);
    expect((await poolOf(open)).length).toBe(START_COUNT);
  });

  test("has one address: the same in other letters is refused, so that no cache holds it twice", async () => {
    const path = `/v1/${release.id}/start`;
    expect((await call(`${path}?language=de`)).status).toBe(200);
    const escaped = `%${release.id.charCodeAt(0).toString(16)}${release.id.slice(1)}`;
    for (const other of [
      `${path}?language=%64e`,
      `${path}?l%61nguage=de`,
      `/v1/${escaped}/start`,
      `/%76%31/${release.id}/start`,
    ]) {
      await expectError(await call(other), 400, "bad_value");
    }
    await expectError(await call(`${path}?language=%c3%a4`), 400, "bad_value");
  });

  test("takes language and region only from the release's lists, and no other key", async () => {
    const path = `/v1/${release.id}/start`;
    expect(await expectError(await call(`${path}?language=xx`), 400, "bad_value")).toBe("?language");
    expect(await expectError(await call(`${path}?region=`), 400, "bad_value")).toBe("?region");
    expect(await expectError(await call(`${path}?junk=1`), 400, "unknown_query")).toBe("?junk");
    expect(await expectError(await call(`${path}?region=DE&region=US`), 400, "bad_value")).toBe("?region");
  });

  test("of a release that does not exist is refused", async () => {
    for (const id of ["x", "%00", "0".repeat(32), "__proto__"]) {
      expect(await expectError(await call(`/v1/${id}/start`), 404, "unknown_release")).toBe("release");
    }
  });
});
