/**
 * An edge for tests: a function with the shape of `fetch` that serves real bytes of a made-up release and keeps every
 * request it got. Not a mock of the SDK's network code: requests go through all of it.
 */
import { encodeCandidates } from "../../../shared/candidates-file.ts";
import type { CandidateNeighbours } from "../../../shared/candidates-file.ts";
import { fromBase64url } from "../../../shared/base64url.ts";
import { parseEnvelope } from "../../../shared/event.ts";
import { gatherColumns } from "../../../shared/item-columns.ts";
import { decodeNeighbours } from "../../../shared/neighbours-file.ts";
import { decodePackHead } from "../../../shared/pack-file.ts";
import { parseRetrieveRequest } from "../../../shared/protocol.ts";
import type { Manifest } from "../../../shared/protocol.ts";
import { scan } from "../../../shared/scan.ts";
import { sourceBit } from "../../../shared/sources.ts";
import { TOKEN_BYTES } from "../../../shared/subject.ts";
import { topK } from "../../../shared/top-k.ts";
import { text } from "../small-release.ts";
import type { SyntheticRelease } from "./release.ts";

export interface TestEdge {
  readonly fetch: typeof fetch;
  /** `GET /v1/…`, in order. */
  readonly requests: { readonly line: string; readonly body: string; readonly range?: string }[];
  /** Swaps the active release. */
  activate(next: SyntheticRelease): void;
  /** Starts, changes or ends a canary. */
  setCanary(canary?: { readonly of: SyntheticRelease; readonly percent: number }): void;
  /** From now on nothing can be reached. */
  stop(): void;
  start(): void;
  /** Ids of events answered 202, each as often as it came. */
  readonly received: string[];
  /** Answers of the next posts of events, before they are taken. */
  readonly refusals: number[];
  /** Tokens of the requests to forget. */
  readonly forgotten: string[];
  /** From now on requests to forget are answered 503. */
  refuseForget: boolean;
  tombstones: string[];
  /** The last hand on a manifest before it is sent: signs it, lets it expire. */
  finish: (manifest: Manifest) => Manifest | Promise<Manifest>;
  /** By hash: after how many bytes the next answers with a file break off. */
  readonly breaks: Map<string, number[]>;
  /** False: ranges are not understood, and the whole file is sent. */
  ranges: boolean;
}

const START = 40;
/** In epoch ms: the year 2255. */
const FAR_OFF = 9e12;

/** @param startRows the rows of the start pool */
export function testEdge(
  first: SyntheticRelease,
  startRows = Uint32Array.from({ length: START }, (_, row) => row),
): TestEdge {
  let current = first;
  let canary: { readonly of: SyntheticRelease; readonly percent: number } | undefined;
  let sequence = 1;
  let up = true;
  const blobs = new Map(first.blobs);
  const edge: TestEdge = {
    requests: [],
    received: [],
    refusals: [],
    forgotten: [],
    refuseForget: false,
    tombstones: [],
    finish: (whole) => whole,
    breaks: new Map(),
    ranges: true,
    activate(next) {
      current = next;
      sequence++;
      for (const [hash, bytes] of next.blobs) blobs.set(hash, bytes);
    },
    setCanary(next) {
      canary = next;
      sequence++;
      for (const [hash, bytes] of next?.of.blobs ?? []) blobs.set(hash, bytes);
    },
    stop() {
      up = false;
    },
    start() {
      up = true;
    },
    async fetch(input, init) {
      const url = new URL(String(input));
      const body = typeof init?.body === "string" ? init.body : "";
      const range = new Headers(init?.headers).get("Range") ?? undefined;
      edge.requests.push({
        line: `${init?.method ?? "GET"} ${url.pathname}${url.search}`,
        body,
        ...(range && { range }),
      });
      if (!up) throw new TypeError("the edge is stopped");
      return answer(url, body, range);
    },
  };

  async function answer(url: URL, body: string, range: string | undefined): Promise<Response> {
    const [, , first_, second, third] = url.pathname.split("/");
    if (first_ === "manifest") return json(await edge.finish(manifest()));
    if (first_ === "blobs") {
      const bytes = blobs.get(second!);
      return bytes
        ? blob(second!, bytes, range)
        : json({ error: { code: "unknown_blob", message: "no such blob" } }, 404);
    }
    if (first_ === "events") return events(body);
    if (first_ === "forget") return forget(body);
    const served = [current, canary?.of].find((each) => each?.release.id === first_);
    if (served === undefined) return json({ error: { code: "stale_release", message: "stale" } }, 409);
    if (second === "start") return binary(candidates(served, startRows, "popular"));
    if (second === "pools") return pool(served, Number(third));
    if (second === "rows") return rowBlock(served, Number(third));
    return retrieved(served, body);
  }

  function blob(hash: string, bytes: Uint8Array, range: string | undefined): Response {
    const from = edge.ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (from >= bytes.length) return json({ error: { code: "bad_range", message: "no such bytes" } }, 416);
    const rest = bytes.subarray(from);
    const end = edge.breaks.get(hash)?.shift();
    const body = end === undefined ? binary(rest).body : breaking(rest.slice(0, end));
    if (from === 0) return new Response(body);
    const headers = { "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    return new Response(body, { status: 206, headers });
  }

  function manifest(): Manifest {
    const { release } = current;
    return {
      channel: {
        format: "nearfeed-channel",
        version: 1,
        channel: "stable",
        release: release.id,
        previous: null,
        ...(canary && { canary: { release: canary.of.release.id, percent: canary.percent } }),
        sequence,
        expiresAt: FAR_OFF,
      },
      release,
      ...(canary && { canary: canary.of.release }),
      tombstones: edge.tombstones,
    };
  }

  function events(body: string): Response {
    const refusal = edge.refusals.shift();
    if (refusal !== undefined) return json({ error: { code: "unavailable", message: "later" } }, refusal);
    const { verdicts } = parseEnvelope(JSON.parse(body), { now: Date.now() });
    for (const verdict of verdicts) if (verdict.accepted) edge.received.push(verdict.id);
    const accepted = verdicts.filter((each) => each.accepted).length;
    const shown = verdicts.map((each) =>
      each.accepted ? each : { ...each, error: { code: each.error.code, message: each.error.message } },
    );
    return json({ accepted, refused: verdicts.length - accepted, verdicts: shown }, 202);
  }

  function forget(body: string): Response {
    const { token } = JSON.parse(body) as { token: string };
    fromBase64url(token, TOKEN_BYTES, "token");
    if (edge.refuseForget) return json({ error: { code: "unavailable", message: "later" } }, 503);
    edge.forgotten.push(token);
    return json({ subject: "" }, 202);
  }

  function retrieved(served: SyntheticRelease, body: string): Response {
    const { queries, count } = parseRetrieveRequest(JSON.parse(body), served.release.dim);
    return binary(candidates(served, topK(scan(served.index.columns, queries[0]!), count), "nearest"));
  }

  function pool(served: SyntheticRelease, cell: number): Response {
    const [from, to] = [served.index.cellStart[cell], served.index.cellStart[cell + 1]];
    if (from === undefined || to === undefined)
      return json({ error: { code: "unknown_cell", message: "no cell" } }, 404);
    const expected = { rows: served.index.rows, size: served.ids.length };
    const bytes = blobs.get(served.release.files.neighbours.sha256)!;
    const { perItem, neighbour, weight, scale } = decodeNeighbours(bytes, expected, text);
    const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i);
    return binary(
      candidates(served, rows, "nearest", {
        perItem,
        ids: served.ids,
        neighbour: Uint32Array.from(neighbour.subarray(from * perItem, to * perItem)),
        weight: weight.slice(from * perItem, to * perItem),
        scale: scale.slice(from, to),
      }),
    );
  }

  function rowBlock(of: SyntheticRelease, block: number): Response {
    const { files, costs } = of.release;
    const pack = files.rows && of.blobs.get(files.rows.sha256);
    if (!pack) return json({ error: { code: "unknown_block", message: "no block" } }, 404);
    const expected = { kind: "rows", entries: costs!.rows.blocks, packBytes: pack.length } as const;
    const { start, dataAt } = decodePackHead(pack, expected, text);
    return binary(pack.slice(dataAt + start[block]!, dataAt + start[block + 1]!));
  }

  function candidates(
    { index, ids, catalog }: SyntheticRelease,
    row: Uint32Array,
    source: "popular" | "nearest",
    neighbours?: CandidateNeighbours,
  ): Uint8Array {
    return encodeCandidates(
      {
        columns: gatherColumns(index.columns, row),
        dictionaries: index.dictionaries,
        ids: Array.from(row, (r) => ids[r]!),
        row,
        source: new Uint16Array(row.length).fill(sourceBit(source)),
        catalog: Array.from(row, (r) => catalog[r]!),
        ...(neighbours && { neighbours }),
        space: index.space,
        rows: index.rows,
      },
      text,
    );
  }

  return edge;
}

/** As a connection that is lost in the middle: the bytes so far arrive, then an error. */
function breaking(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new TypeError("the connection was lost"));
      sent = true;
      controller.enqueue(bytes);
    },
  });
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });
}

function binary(bytes: Uint8Array): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "Content-Type": "application/octet-stream" } });
}
