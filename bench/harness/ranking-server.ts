/**
 * The rival of ranking on the device: the same pipeline behind a server, as far away as its round trip says. One person,
 * no queue, no database: a server that has nothing else to do.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeConstants } from "../../shared/constants-file.ts";
import { parseEvent } from "../../shared/event.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { createItemTable } from "../../shared/item-table.ts";
import { interestAt } from "../../shared/interest.ts";
import type { KnownItem } from "../../shared/interest.ts";
import { scoringModel } from "../../shared/model.ts";
import { createProfile } from "../../shared/profile.ts";
import { rank } from "../../shared/rank.ts";
import { text } from "../../test/harness/small-release.ts";
import type { SyntheticRelease } from "../../test/harness/synthetic/release.ts";
import { openDeepSession } from "../../trainer/evaluate/deep-scorer.ts";

const COUNT = 20;

export interface RankingServer {
  /** Takes one event, answers with the new order. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param roundTripMs added to what the server itself takes */
export async function startRankingServer(made: SyntheticRelease, roundTripMs: number): Promise<RankingServer> {
  const { release, index, ids, catalog, blobs } = made;
  const bytesOf = (file: { readonly sha256: string }) => blobs.get(file.sha256)!;
  const { encoder, ranker, constants, neighbours } = release.files;
  if (!encoder || !ranker) throw new Error("the release has no models");
  const model = scoringModel(release, decodeConstants(bytesOf(constants), release.dim, text));
  const { columns, dictionaries, rows } = index;
  const table = createItemTable(columns, dictionaries, ids, model.categoryWeight);
  const lists = decodeNeighbours(bytesOf(neighbours), { rows, size: columns.size }, text);
  const deep = await openDeepSession({ encoder: bytesOf(encoder), ranker: bytesOf(ranker) }, release);
  const profile = createProfile(model);
  const seen = new Set<number>();

  function known(row: number): KnownItem {
    const from = row * lists.perItem;
    const slots = Array.from({ length: lists.perItem }, (_, k) => from + k).filter((slot) => lists.weight[slot]! > 0);
    return {
      vector: dequantize(columns, row),
      categories: columns.category.subarray(columns.categoryStart[row], columns.categoryStart[row + 1]),
      author: columns.author[row]!,
      neighbours: slots.map((slot) => [ids[lists.neighbour[slot]!]!, lists.scale[row]! * lists.weight[slot]!]),
    };
  }

  async function react(body: string): Promise<string> {
    const event = parseEvent(JSON.parse(body), "event");
    if (event.type === "undo") throw new Error("not measured");
    const row = table.rowOf.get(event.item)!;
    seen.add(row);
    profile.append({ event, known: known(row) });
    const ranking = await rank(table, interestAt(profile, model, event.at), model, {
      count: COUNT,
      moment: { surface: "home", utcOffsetMinutes: 0 },
      excluded: (each) => seen.has(each),
      deep,
    });
    return `[${ranking.selected.map((each) => catalog[each.row]!).join()}]`;
  }

  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      await new Promise((resolve) => setTimeout(resolve, roundTripMs));
      const answer = await react(Buffer.concat(chunks).toString());
      response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" }).end(answer);
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await deep.release();
    },
  };
}
