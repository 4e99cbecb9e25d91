// `PUT /v1/items` and `DELETE /v1/items/:id`: the catalogue changed by its operator, at once and without training.

import { DEFAULT_CHANNEL } from "../../shared/channel.ts";
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import { id as idParser, itemParser, parseItem } from "../../shared/item.ts";
import type { Item } from "../../shared/item.ts";
import type { Dictionaries } from "../../shared/item-columns.ts";
import { array, pathOf } from "../../shared/parse.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { DeleteItemAnswer, PutItemsAnswer } from "../../shared/protocol.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { readChannels } from "../publish/channels.ts";
import type { ServedReleases } from "../retrieval/served.ts";
import { catalogueOf, LIVE_LIMITS } from "./catalogue.ts";
import { unknownName } from "./live-table.ts";

const itemsParser = array(itemParser, { max: REQUEST_LIMITS.putItems, min: 1 });

/**
 * Takes one item or a list of them, all or none. 200 means: every isolate makes lists with them within a second.
 * @throws NearfeedError with the path in the body; too_many beyond what the live catalogue holds
 */
export async function putItems(
  env: EdgeEnv,
  request: Request,
  { served, now }: { served: ServedReleases; now: number },
): Promise<Response> {
  const body = await readJson(request, REQUEST_LIMITS.putItemsBytes);
  const items = Array.isArray(body) ? itemsParser(body, "") : [parseItem(body)];
  const at = (i: number): string => (Array.isArray(body) ? pathOf("", i) : "");
  checkTwice(items, at);
  checkNames(items, await dictionariesOf(env, served), at);
  const texts = items.map((item) => ({ id: item.id, body: JSON.stringify(item) }));
  const result = await catalogueOf(env.CATALOGUE).put(texts, now);
  if ("refused" in result) throw errorFromBody(result.refused)!;
  if ("over" in result) {
    const limit = result.over === "items" ? `${LIVE_LIMITS.items} items` : `${LIVE_LIMITS.bytes} bytes`;
    throw new NearfeedError("too_many", `the live catalogue holds ${limit}`, {
      hint: "Train and publish a release with the new items: it takes them over.",
    });
  }
  const live = new Set(result.live);
  const answer: PutItemsAnswer = {
    items: items.map(({ id }) => ({ id, state: live.has(id) ? "live" : "released" })),
  };
  return jsonAnswer(answer);
}

/** Deletes an item. 200 means: it is in no list within a second, and devices hide it with their next manifest. */
export async function deleteItem(env: EdgeEnv, id: string): Promise<Response> {
  idParser(id, "id");
  const result = await catalogueOf(env.CATALOGUE).remove(id);
  if (typeof result === "object") throw errorFromBody(result.refused)!;
  if (result === "unknown") {
    throw new NearfeedError("unknown_item", "no served release and no live item has this id", { path: "id" });
  }
  if (result === "tombstones") {
    throw new NearfeedError("too_many", `there is room for ${LIVE_LIMITS.tombstones} deleted items`, {
      path: "id",
      hint: "Train and publish releases without them.",
    });
  }
  return jsonAnswer({ id, state: "deleted" } satisfies DeleteItemAnswer);
}

function checkTwice(items: readonly Item[], at: (i: number) => string): void {
  const seen = new Set<string>();
  items.forEach(({ id }, i) => {
    if (seen.has(id))
      throw new NearfeedError("bad_value", `${at(i)} has an id that came before`, { path: `${at(i)}.id` });
    seen.add(id);
  });
}

function checkNames(items: readonly Item[], dictionaries: Dictionaries, at: (i: number) => string): void {
  items.forEach((item, i) => {
    const unknown = unknownName(item, dictionaries);
    if (unknown === undefined) return;
    const path = at(i) === "" ? unknown.path : `${at(i)}.${unknown.path}`;
    throw new NearfeedError("bad_value", `the active release does not know the name at ${path}`, {
      path,
      hint: "Categories, languages and regions are those of the release, so that filters hold; a new one comes with the next release.",
    });
  });
}

/** Of the release that most devices have. */
async function dictionariesOf(env: EdgeEnv, served: ServedReleases): Promise<Dictionaries> {
  const channels = await readChannels(env.BUCKET);
  const channel = channels.find((each) => each.channel === DEFAULT_CHANNEL) ?? channels[0];
  if (channel === undefined) {
    throw new NearfeedError("unknown_channel", "no channel exists", { hint: "Publish a release and activate it." });
  }
  return (await served.open(env, channel.release)).tables.head.dictionaries;
}
