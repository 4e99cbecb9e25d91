// A release in shards in a process of its own, asked again and again: Workers lend what one request made to no other, and a
// test whose calls all run in one context cannot see that.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../../shared/protocol.ts";
import { type LocalEdge, startLocalEdge } from "../harness/local-edge.ts";
import { activateSmall, publishSmall } from "../harness/publish-small.ts";
import { type SmallRelease, smallRelease } from "../harness/small-release.ts";

const SECRET = "publish-secret-of-the-sharded-tests";
const DIM = 16;
const ROUNDS = 3;

let folder: string;
let small: SmallRelease;
const edges: { cramped: LocalEdge; roomy: LocalEdge } = {} as never;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-sharded-"));
  small = await smallRelease({ items: 2_000, dim: DIM });
  for (const name of ["cramped", "roomy"] as const) {
    const state = join(folder, name);
    edges[name] = await startLocalEdge({ state, secret: SECRET, queue: false, cramped: name === "cramped" });
    await publishSmall(edges[name], small);
    await activateSmall(edges[name], small.release.id, 0);
  }
});
afterAll(async () => {
  await edges.cramped?.stop();
  await edges.roomy?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("every request after the first has the answer of an edge that holds the release itself, byte for byte", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [path, body] of requests(round)) {
      const [sharded, whole] = [await ask(edges.cramped, path, body), await ask(edges.roomy, path, body)];
      expect(sharded.missing, path).toBeNull();
      expect(sharded.bytes, path).toEqual(whole.bytes);
    }
  }
});

test("and so have those that come at once", async () => {
  const asked = [0, 1, 2].flatMap((round) => requests(round));
  const sharded = await Promise.all(asked.map(([path, body]) => ask(edges.cramped, path, body)));
  for (const [at, [path, body]] of asked.entries()) {
    expect(sharded[at]!.bytes, path).toEqual((await ask(edges.roomy, path, body)).bytes);
  }
});

test("also after items were added and deleted, and when the process was killed and started again", async () => {
  const added = JSON.stringify([{ id: "added-1", categories: ["Drama"], title: "Added" }]);
  for (const edge of [edges.cramped, edges.roomy]) {
    await operate(edge, "PUT", ROUTES.items(), added);
    await operate(edge, "DELETE", ROUTES.item("item-7"));
  }
  await edges.cramped.kill();
  edges.cramped = await startLocalEdge({ state: join(folder, "cramped"), secret: SECRET, queue: false, cramped: true });
  for (let round = 0; round < ROUNDS; round++) {
    for (const [path, body] of requests(round)) {
      expect((await ask(edges.cramped, path, body)).bytes, path).toEqual((await ask(edges.roomy, path, body)).bytes);
    }
  }
});

function requests(round: number): (readonly [string, string?])[] {
  const { id, space } = small.release;
  const query = Array.from({ length: DIM }, (_, at) => Math.sin(1 + at * (round + 1)));
  const body = { space, queries: [query], items: ["item-8"], count: 200, catalog: true };
  const filter = { categories: { any: ["Drama"] } };
  return [
    [ROUTES.start(id)],
    [ROUTES.similar(id, `item-${40 + round}`)],
    [ROUTES.retrieve(id), JSON.stringify(body)],
    [ROUTES.retrieve(id), JSON.stringify({ ...body, filter })],
  ];
}

async function ask(edge: LocalEdge, path: string, body?: string) {
  const answer = await fetch(edge.url + path, body === undefined ? {} : { method: "POST", body });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(answer.status, `${path}: ${new TextDecoder().decode(bytes.subarray(0, 300))}\n${edge.output()}`).toBe(200);
  return { bytes, missing: answer.headers.get("Nearfeed-Missing") };
}

async function operate(edge: LocalEdge, method: string, path: string, body?: string): Promise<void> {
  const answer = await fetch(edge.url + path, {
    method,
    headers: { Authorization: `Bearer ${SECRET}` },
    ...(body !== undefined && { body }),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}
