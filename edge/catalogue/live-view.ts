// The live part of the catalogue as an isolate holds it: asked for once a second at most, and only while requests need it,
// so that a change is seen everywhere within a second and most requests ask nobody.

import { NearfeedError } from "../../shared/errors.ts";
import type { Item } from "../../shared/item.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import { catalogueOf } from "./catalogue.ts";

/** A change is seen this much later at most. It is also what it costs: one call of the object a second and isolate. */
const MAX_AGE_MS = 1_000;

/** An item that was added since the releases were made. */
export interface LiveItem {
  readonly item: Item;
  /** Epoch ms. */
  readonly added: number;
  /** The item as JSON. */
  readonly body: string;
}

/** What was changed. */
export interface LiveView {
  readonly version: number;
  readonly tombstonesVersion: number;
  /** The newest first. */
  readonly items: readonly LiveItem[];
  readonly has: (item: string) => boolean;
  /** Ids, sorted. */
  readonly tombstones: readonly string[];
  readonly isDeleted: (item: string) => boolean;
}

/** Reads what was changed. */
export interface LiveReader {
  /** @throws NearfeedError unavailable only where nothing was read before; else it goes on with what it has */
  read(env: Pick<EdgeEnv, "CATALOGUE">): Promise<LiveView>;
  /** To be called when this isolate has changed something. */
  forget(): void;
}

/** Makes a reader that remembers. */
export function createLiveReader({ now }: { now: Clock }): LiveReader {
  let view: LiveView | undefined;
  let asked: { at: number; answer: Promise<LiveView> } | undefined;

  async function ask({ CATALOGUE }: Pick<EdgeEnv, "CATALOGUE">): Promise<LiveView> {
    try {
      const state = await catalogueOf(CATALOGUE).state(view?.version ?? -1);
      if (state === null) return view!;
      const items = state.items.map(({ body, added }) => ({ item: JSON.parse(body) as Item, added, body }));
      const [live, deleted] = [new Set(items.map(({ item }) => item.id)), new Set(state.tombstones)];
      const { version, tombstonesVersion, tombstones } = state;
      view = {
        version,
        tombstonesVersion,
        items,
        has: (id) => live.has(id),
        tombstones,
        isDeleted: (id) => deleted.has(id),
      };
      return view;
    } catch (error) {
      if (view === undefined) {
        throw new NearfeedError("unavailable", "what was changed in the catalogue cannot be read", { cause: error });
      }
      console.error(logLine(error, "catalogue"));
      return view;
    }
  }

  return {
    read(env) {
      const at = now();
      if (asked !== undefined && at - asked.at < MAX_AGE_MS) return asked.answer;
      const answer = ask(env);
      asked = { at, answer };
      answer.catch(() => (asked?.answer === answer ? (asked = undefined) : undefined)); // the next request tries again
      return answer;
    },
    forget() {
      asked = undefined;
    },
  };
}
