import { expect, test } from "vitest";
import { testEdge } from "../harness/synthetic/edge.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import type { SyntheticRelease } from "../harness/synthetic/release.ts";
import { releaseId } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { digest, text } from "../harness/small-release.ts";
import { openWatched } from "./hostile/watch.ts";
import { after, idsOf, shown } from "./open.ts";

const LIMIT_MS = 60_000;
const release = await syntheticRelease({ items: 120 });
const next = await syntheticRelease({ items: 140, seed: 9 });

const junk = (body: BodyInit | null, init?: ResponseInit) => async () => new Response(body, init);

function endless(): Response {
  const chunk = new Uint8Array(1 << 20);
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
}

/** What the app's own fetch does in place of asking. */
const FETCHES: readonly (readonly [string, () => unknown])[] = [
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["rejects with what cannot be cloned", () => Promise.reject(() => {})],
  ["answers nothing", async () => undefined],
  ["answers a string, at once", () => "hello"],
  ["answers an odd object", async () => ({ ok: true, status: "200", headers: new Map(), body: 7 })],
  [
    "answers what throws when it is read",
    async () =>
      new Proxy(
        {},
        {
          get() {
            throw new Error("no");
          },
        },
      ),
  ],
  ["answers an error", async () => Response.error()],
  ["answers 200 without a body", junk(null)],
  [
    "answers 200 with a page of HTML",
    junk("<!doctype html><h1>Welcome to the hotel</h1>", { headers: { "Content-Type": "text/html" } }),
  ],
  ["answers 200 with other JSON", junk("[]")],
  ["answers 200 with text that is no UTF-8", junk(new Uint8Array([0xff, 0xfe, 0x80]))],
  ["answers 200 with JSON that nests too deep", junk("[".repeat(100_000))],
  ["answers 204", junk(null, { status: 204 })],
  ["answers 500 with HTML", junk("<h1>oops</h1>", { status: 500 })],
  ["answers without an end", async () => endless()],
  ["answers an error without an end", async () => new Response(endless().body, { status: 503 })],
];

test.for(FETCHES)(
  "where fetch %s, lists fail and say why, and all is well once it works",
  { timeout: LIMIT_MS },
  async ([, answer]) => {
    const edge = testEdge(release);
    let broken = true;
    const own = ((...args: Parameters<typeof fetch>) => (broken ? answer() : edge.fetch(...args))) as typeof fetch;
    const { recommender, errors } = openWatched({ ...edge, fetch: own }, { consent: "local" });
    const list = await recommender.recommend({ surface: "home" });
    expect(list).toMatchObject({ status: "failed", entries: [] });
    expect(["offline", "bad_answer", "bad_release", "internal", "unavailable"]).toContain(list.error?.code);
    expect(errors.length, "one notice, not one a try").toBeLessThanOrEqual(1);
    broken = false;
    expect((await recommender.sync()).status).toBe("updated");
    expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
    broken = true;
    expect((await recommender.sync()).release).toBe(release.release.id);
    expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
  },
);

/** A release with one of its fields changed, under the id that fits it. */
async function changed(
  change: Partial<Omit<Release, "id">>,
  whole: SyntheticRelease = next,
): Promise<SyntheticRelease> {
  const { id: _, ...draft } = { ...whole.release, ...change } as Release;
  return { ...whole, release: { ...draft, id: await releaseId(draft as Release, { digest, text }) } as Release };
}

/** A release with the bytes of one file changed, and the hash and size that fit them. */
async function rewritten(
  role: "index" | "constants" | "neighbours" | "ids" | "catalog",
  bytes: Uint8Array,
): Promise<SyntheticRelease> {
  const sha256 = await digest(bytes);
  const file = { ...next.release.files[role], sha256, bytes: bytes.length };
  const whole = await changed({ files: { ...next.release.files, [role]: file } });
  return { ...whole, blobs: new Map([...next.blobs, [sha256, bytes]]) };
}

function fileOf(role: "index" | "constants", whole = next): Uint8Array {
  return whole.blobs.get(whole.release.files[role].sha256)!.slice();
}

/** The length of the header overwritten. */
function withHeader(bytes: Uint8Array, length: bigint): Uint8Array {
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

/** The first number of a tensor made NaN. */
function withNaN(bytes: Uint8Array, tensor: string): Uint8Array {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(text.decode(bytes.subarray(8, 8 + length))) as Record<string, { data_offsets: number[] }>;
  bytes.set(new Uint8Array(new Float32Array([NaN]).buffer), 8 + length + header[tensor]!.data_offsets[0]!);
  return bytes;
}

const otherSpace = await syntheticRelease({ items: 140, seed: 9, space: "elsewhere" });
const otherSize = await syntheticRelease({ items: 90, seed: 9 });
const RELEASES: readonly (readonly [string, () => Promise<SyntheticRelease>])[] = [
  ["of another version of the format", () => changed({ version: 2 as 1 })],
  ["of another protocol", () => changed({ protocol: 2 as 1 })],
  ["of another format", () => changed({ format: "release" as "nearfeed-release" })],
  ["of no items", () => changed({ items: 0 })],
  ["of more items than its files hold", () => changed({ items: 141 })],
  ["of another dimension than its files", () => changed({ dim: 32 })],
  ["of another space than its files", () => changed({ space: "elsewhere" })],
  ["of numbers that are none", () => changed({ uncertainty: { sigma: -1, rhoSquared: 1 } })],
  [
    "with a file of absurd size",
    () => changed({ files: { ...next.release.files, index: { ...next.release.files.index, bytes: 2 ** 40 } } }),
  ],
  ["with an index whose header claims 4 GB", () => rewritten("index", withHeader(fileOf("index"), 1n << 32n))],
  [
    "with an index whose header claims more than a number holds",
    () => rewritten("index", withHeader(fileOf("index"), (1n << 64n) - 1n)),
  ],
  ["with an index of two bytes", () => rewritten("index", new Uint8Array(2))],
  ["with an index that is cut off", () => rewritten("index", fileOf("index").slice(0, -64))],
  ["with NaN in its index", () => rewritten("index", withNaN(fileOf("index"), "scale"))],
  ["with NaN in its constants", () => rewritten("constants", withNaN(fileOf("constants"), "gram"))],
  ["with the constants of another space", () => rewritten("constants", fileOf("constants", otherSpace))],
  ["with the index of another release", () => rewritten("index", fileOf("index", otherSize))],
  ["with an empty file", () => rewritten("catalog", new Uint8Array(0))],
];

test.for(RELEASES)(
  "a release %s is refused with one error, and the one in use goes on",
  { timeout: LIMIT_MS },
  async ([, make]) => {
    const edge: TestEdge = testEdge(release);
    const notices = openWatched(edge, { consent: "local" });
    const { recommender, errors } = notices;
    const feed = recommender.feed({ surface: "home" });
    await recommender.sync();
    await shown(feed, ({ floor, entries }) => floor === "linear" && entries.length > 0);
    const before = idsOf(feed.getSnapshot());
    const bad = await make();
    edge.activate(bad);
    const answer = await recommender.sync();
    expect(answer).toMatchObject({ status: "refused", release: release.release.id });
    expect(answer.error?.code).toBe("bad_release");
    expect(await recommender.sync()).toMatchObject({ status: "refused" });
    expect(errors.map(({ code }) => code)).toEqual(["bad_release"]);
    expect(idsOf(feed.getSnapshot())).toEqual(before);
    await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[0]!));
    edge.activate(next);
    expect(await recommender.sync()).toMatchObject({ status: "updated", release: next.release.id });
  },
);
