import { reset } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import { call, expectError, goLive } from "./edge.ts";

const small = await smallRelease({ items: 301 });
const { columns, release, ids, neighbours } = small;

beforeAll(async () => {
  await reset();
  await goLive(small);
});

async function pool(cell: number) {
  const answer = await call(ROUTES.pool(release.id, cell));
  expect(answer.status).toBe(200);
  return { answer, file: decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text) };
}

describe("a pool file", () => {
  test("holds the items of its cell, and all cells together every item once", async () => {
    const [first, second] = [(await pool(0)).file, (await pool(1)).file];
    expect([...first.row, ...second.row]).toEqual([...ids.keys()]);
    expect([...first.ids, ...second.ids]).toEqual(ids);
    expect(first.ids).toHaveLength(150);
    second.row.forEach((row, at) => {
      expect(dequantize(second.columns, at)).toEqual(dequantize(columns, row));
      expect(JSON.parse(second.catalog![at]!)).toEqual({ id: ids[row], title: `Title ${row} – ü` });
    });
    expect(new Set(Array.from(second.source, (bits) => sourcesOf(bits).join()))).toEqual(new Set(["nearest"]));
  });

  test("carries the neighbours of its items by id, those in other cells too", async () => {
    const { file } = await pool(0);
    const found = file.neighbours!;
    const { perItem } = neighbours;
    file.row.forEach((row, at) => {
      for (let slot = 0; slot < perItem; slot++) {
        const there = row * perItem + slot;
        const here = at * perItem + slot;
        expect(found.weight[here]).toBe(neighbours.weight[there]);
        expect(found.scale[at]).toBe(neighbours.scale[row]);
        if (found.weight[here]! > 0) expect(found.ids[found.neighbour[here]!]).toBe(ids[neighbours.neighbour[there]!]);
      }
    });
    expect(found.ids.some((id) => !file.ids.includes(id))).toBe(true);
    expect(new Set(found.ids).size).toBe(found.ids.length);
  });

  test("is for every cache and for ever, the same bytes each time, and needs no right and says no cookie", async () => {
    const { answer } = await pool(0);
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(answer.headers.get("Set-Cookie")).toBeNull();
    const bytes = async () => new Uint8Array(await (await call(ROUTES.pool(release.id, 0))).arrayBuffer());
    expect(await bytes()).toEqual(await bytes());
  });
});

describe("what is refused", () => {
  test.each(["2", "-1", "01", "1.5", "x", "1e3", "99999999999999999999", "%00"])("a cell of %j", async (cell) => {
    const answer = await call(`/v1/${release.id}/pools/${cell}`);
    expect(await expectError(answer, 404, "unknown_cell")).toBe("cell");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
  });

  test("a query, another method and a release that is not served", async () => {
    expect(await expectError(await call(`${ROUTES.pool(release.id, 0)}?who=me`), 400, "unknown_query")).toBe("?who");
    await expectError(
      await call(ROUTES.pool(release.id, 0), { method: "POST", body: "{}" }),
      405,
      "method_not_allowed",
    );
    await expectError(await call(ROUTES.pool("0".repeat(32), 0)), 404, "unknown_release");
  });
});
