/** Reads what an edge serves back with the shared decoders: the independent twin of what a device builds. */
import type { KnownItem } from "../../shared/interest.ts";
import { decodeConstants } from "../../shared/constants-file.ts";
import type { Event } from "../../shared/event.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import { interestAt } from "../../shared/interest.ts";
import { categoriesOf, dequantize } from "../../shared/item-columns.ts";
import { createItemTable, type ItemTable } from "../../shared/item-table.ts";
import { scoringModel, type ScoringModel } from "../../shared/model.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import { createProfile } from "../../shared/profile.ts";
import { parseManifest, ROUTES, type Manifest } from "../../shared/protocol.ts";
import { isSlot, littleKnown } from "../../shared/explore-slots.ts";
import { rank, type DeepModel } from "../../shared/rank.ts";
import type { Rule } from "../../shared/rules.ts";
import { selectionSettings } from "../../shared/selection-defaults.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import { undoneEvents } from "../../shared/signals.ts";
import { decodeIds } from "../../shared/strings-file.ts";
import { digest, text } from "./small-release.ts";

export interface EdgeRelease {
  readonly release: Release;
  readonly model: ScoringModel;
  readonly table: ItemTable;
  /** Genres of an item, by id. */
  categories(id: string): string[];
  known(id: string): KnownItem;
  /**
   * The items a device must show after these events, as of `now`, below those that are `shown`. What its exploration slots
   * drew is taken from `drawn`, the list it made: a draw is not to be foreseen, what follows from it is.
   */
  order(
    events: readonly Event[],
    options: {
      now: number;
      count: number;
      shown: readonly string[];
      drawn?: readonly string[];
      deep?: DeepModel;
    },
  ): Promise<string[]>;
}

/** What stands on the feed that the last event names: everything it has pinned, in its order. */
export function shownOf(events: readonly Event[]): string[] {
  const list = events.at(-1)?.list;
  const places = new Map<number, string>();
  for (const event of events)
    if (event.list === list && event.position !== undefined) places.set(event.position, event.item);
  return [...places].sort(([a], [b]) => a - b).map(([, item]) => item);
}

export async function fetchManifest(url: string): Promise<Manifest> {
  // A test that has computed for long has not heard yet which of its connections the edge has closed meanwhile.
  await new Promise((resolve) => setTimeout(resolve));
  const answer = await fetch(url + ROUTES.manifest("stable"));
  if (!answer.ok) throw new Error(`The manifest answered ${answer.status}: ${await answer.text()}`);
  return parseManifest(await answer.json());
}

/** The bytes of one file of a release, checked. */
export async function fetchFile(url: string, file: ReleaseFile): Promise<Uint8Array> {
  const answer = await fetch(url + ROUTES.blob(file.sha256));
  if (!answer.ok) throw new Error(`${file.name} answered ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if ((await digest(bytes)) !== file.sha256) throw new Error(`${file.name} is not what its hash says`);
  return bytes;
}

export async function openEdgeRelease(url: string, release: Release): Promise<EdgeRelease> {
  const { files, dim, items: size } = release;
  const index = decodeIndex(await fetchFile(url, files.index), text);
  const expected = { rows: index.rows, size };
  const ids = decodeIds(await fetchFile(url, files.ids), expected, text);
  const model = scoringModel(release, decodeConstants(await fetchFile(url, files.constants), dim, text));
  const neighbours = decodeNeighbours(await fetchFile(url, files.neighbours), expected, text);
  const table = createItemTable(index.columns, index.dictionaries, ids, model.categoryWeight);
  const names = index.dictionaries.categories;
  const rowOf = (id: string) => {
    const row = table.rowOf.get(id);
    if (row === undefined) throw new Error(`The release has no item ${id}.`);
    return row;
  };
  const known = (id: string): KnownItem => {
    const row = rowOf(id);
    const { perItem, neighbour, weight, scale } = neighbours;
    const slots = Array.from({ length: perItem }, (_, k) => row * perItem + k).filter((slot) => weight[slot]! > 0);
    return {
      vector: dequantize(table.columns, row),
      categories: categoriesOf(table.columns, row),
      author: table.columns.author[row]!,
      neighbours: slots.map((slot) => [ids[neighbour[slot]!]!, scale[row]! * weight[slot]!] as const),
    };
  };
  return {
    release,
    model,
    table,
    known,
    categories: (id) => Array.from(categoriesOf(table.columns, rowOf(id)), (number) => names[number]!),
    async order(events, { now, count, shown, drawn = [], deep }) {
      const log = events.map((event) => (event.type === "undo" ? { event } : { event, known: known(event.item) }));
      const profile = createProfile(model, log);
      const undone = undoneEvents(events);
      const standing = events.filter(({ id, type }) => type !== "impression" && type !== "undo" && !undone.has(id));
      const hidden = new Set([...shown, ...standing.map(({ item }) => item)].map(rowOf));
      const moment = { surface: "home", utcOffsetMinutes: 0 };
      const place = shown.length;
      const { exploration } = selectionSettings(model.selection);
      const isEligible = littleKnown(table, now);
      const rules = drawn.flatMap((item, n): Rule[] => {
        if (!exploration || profile.signals.length === 0 || !isSlot(place + n, exploration)) return [];
        if (!isEligible(rowOf(item))) throw new Error(`${item} was explored, and much is known of it.`);
        return [{ kind: "pin", item, position: place + n, until: Infinity }];
      });
      const excluded = (row: number) => hidden.has(row);
      const options = { count, place, moment, deep, excluded, rules, shown: shown.map(rowOf) };
      const { selected } = await rank(table, interestAt(profile, model, now), model, options);
      return selected.map(({ row }) => ids[row]!);
    },
  };
}
