/**
 * The list that must come out, computed from a release and the stored events by the shared functions alone: no engine, no
 * worker, no log of its own.
 */
import { openDB } from "idb";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { decodeConstants } from "../../shared/constants-file.ts";
import type { Event } from "../../shared/event.ts";
import { interestAt } from "../../shared/interest.ts";
import type { KnownItem } from "../../shared/interest.ts";
import { categoriesOf, dequantize } from "../../shared/item-columns.ts";
import { createItemTable } from "../../shared/item-table.ts";
import { scoringModel } from "../../shared/model.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent } from "../../shared/profile.ts";
import { rank } from "../../shared/rank.ts";
import type { DeepModel } from "../../shared/rank.ts";
import { undoneEvents } from "../../shared/signals.ts";
import { text } from "../harness/small-release.ts";
import type { SyntheticRelease } from "../harness/synthetic/release.ts";

export function openTwin({ release, index, ids, blobs }: SyntheticRelease) {
  const file = (role: "constants" | "neighbours") => blobs.get(release.files[role].sha256)!;
  const model = scoringModel(release, decodeConstants(file("constants"), release.dim, text));
  const table = createItemTable(index.columns, index.dictionaries, ids, model.categoryWeight);
  const neighbours = decodeNeighbours(file("neighbours"), { rows: index.rows, size: ids.length }, text);

  function known(item: string): KnownItem {
    const row = table.rowOf.get(item)!;
    const slots = [...Array(neighbours.perItem).keys()].map((k) => row * neighbours.perItem + k);
    return {
      vector: dequantize(table.columns, row),
      categories: categoriesOf(table.columns, row),
      author: 0,
      neighbours: slots.map((s) => [ids[neighbours.neighbour[s]!]!, neighbours.scale[row]! * neighbours.weight[s]!]),
    };
  }

  return {
    model,
    table,
    known,
    event: (type: "like" | "skip", item: string, at: number): LoggedEvent => ({
      event: { id: `01HF7YAT00TMB5S1RNMA${String(at % 1_000_000).padStart(6, "0")}`, type, item, at },
      known: known(item),
    }),
    /** The events that a namespace has stored. */
    async stored(namespace: string): Promise<Event[]> {
      const db = await openDB(databaseName(namespace));
      const all = (await db.getAll("events")) as { event: Event }[];
      db.close();
      return all.map(({ event }) => event);
    },
    async list(events: readonly Event[], options: { count: number; deep?: DeepModel }) {
      const log = events.map((event) => (event.type === "undo" ? { event } : { event, known: known(event.item) }));
      const profile = createProfile(model, log);
      const undone = undoneEvents(events);
      const acts = events.filter(({ id, type }) => type !== "undo" && type !== "impression" && !undone.has(id));
      const seen = new Set(acts.map(({ item }) => item));
      const now = Math.max(...profile.signals.map(({ at }) => at));
      const { selected } = await rank(table, interestAt(profile, model, now), model, {
        ...options,
        moment: { surface: "home", utcOffsetMinutes: -new Date(now).getTimezoneOffset() },
        excluded: (row) => seen.has(ids[row]!),
      });
      return selected.map(({ row, score }) => ({ id: ids[row]!, score }));
    },
  };
}
