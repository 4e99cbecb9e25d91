import { reset } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Candidates } from "../../shared/candidates-file.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { ROUTES, SIMILAR_COUNT } from "../../shared/protocol.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import { call, expectError, goLive } from "./edge.ts";

const small = await smallRelease({ items: 300, dim: 8, seed: 5 });
const { release, columns, ids, neighbours } = small;

beforeEach(async () => {
  await reset();
  await goLive(small);
});

async function similar(item: string): Promise<{ answer: Response; file: Candidates }> {
  const answer = await call(ROUTES.similar(release.id, item));
  expect(answer.status).toBe(200);
  return { answer, file: decodeCandidates(new Uint8Array(await answer.clone().arrayBuffer()), text) };
}

/** The twin: all other rows by their product with the item's vector, in double precision. */
function nearestTo(row: number): number[] {
  const own = dequantize(columns, row);
  const scores = ids.map((_, other) => dequantize(columns, other).reduce((sum, value, j) => sum + value * own[j]!, 0));
  return [...scores.keys()].filter((other) => other !== row).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** The twin: the item's own list, the strongest first. */
function neighboursOf(row: number): number[] {
  const slots = Array.from({ length: neighbours.perItem }, (_, slot) => row * neighbours.perItem + slot);
  const used = slots.filter((slot) => neighbours.weight[slot]! > 0);
  return used.sort((a, b) => neighbours.weight[b]! - neighbours.weight[a]!).map((slot) => neighbours.neighbour[slot]!);
}

describe("items like one", () => {
  test("are its neighbours and the nearest of its vector in turn, each once, never itself", async () => {
    const [own, near] = [neighboursOf(10), nearestTo(10)];
    const expected = [...new Set(near.flatMap((row, turn) => (turn < own.length ? [own[turn]!, row] : [row])))];
    const { file } = await similar(ids[10]!);
    expect([...file.row]).toEqual(expected.slice(0, SIMILAR_COUNT));
    expect(file.ids).not.toContain(ids[10]);
  });

  test("say how they were found and bring their display data", async () => {
    const { file } = await similar(ids[10]!);
    const own = new Set(neighboursOf(10));
    file.row.forEach((row, at) => {
      expect(sourcesOf(file.source[at]!)).toContain("similar");
      expect(sourcesOf(file.source[at]!).includes("neighbour")).toBe(own.has(row));
      expect(JSON.parse(file.catalog![at]!)).toMatchObject({ id: ids[row] });
    });
  });

  test("are for every cache and for ever, the same bytes each time", async () => {
    const { answer } = await similar(ids[10]!);
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=60");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(answer.headers.get("Set-Cookie")).toBeNull();
    const again = await similar(ids[10]!);
    expect(new Uint8Array(await again.answer.arrayBuffer())).toEqual(new Uint8Array(await answer.arrayBuffer()));
  });
});

describe("what is refused", () => {
  test.each(["item-300", "%00", "%", "%FF", "a/b", "x".repeat(128), "ü"])("an item named %.20j", async (item) => {
    const answer = await call(`/v1/${release.id}/similar/${item.replace("/", "%2F")}`);
    expect(await expectError(answer, 404, "unknown_item")).toBe("item");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
  });

  test("what is too long to be an id, before any part of the index is asked for it", async () => {
    const answer = await call(`/v1/${release.id}/similar/${"x".repeat(129)}`);
    expect(await expectError(answer, 400, "id_too_long")).toBe("item");
  });

  test("a query, another method, no item and a release that is not served", async () => {
    const path = ROUTES.similar(release.id, ids[10]!);
    expect(await expectError(await call(`${path}?who=me`), 400, "unknown_query")).toBe("?who");
    await expectError(await call(path, { method: "POST", body: "{}" }), 405, "method_not_allowed");
    await expectError(await call(`/v1/${release.id}/similar/`), 404, "not_found");
    await expectError(await call(ROUTES.similar("0".repeat(32), ids[10]!)), 404, "unknown_release");
  });
});
