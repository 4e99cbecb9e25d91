/** The operator's side of the edge's live catalogue: putting and deleting items. Every refusal becomes a NearfeedError. */
import type { Item } from "../../shared/item.ts";
import { array, object, oneOf } from "../../shared/parse.ts";
import { id } from "../../shared/item.ts";
import { type PutItemsAnswer, ROUTES } from "../../shared/protocol.ts";
import { createEdgeConnection, type EdgeOptions } from "../publish/edge-connection.ts";

export interface ItemsClient {
  /** @param items as many as one request takes */
  put(items: readonly Item[]): Promise<PutItemsAnswer>;
  remove(id: string): Promise<void>;
}

const parseAnswer = object({ items: array(object({ id, state: oneOf(["live", "released"]) }), { max: Infinity }) });

export function createItemsClient(options: EdgeOptions): ItemsClient {
  const { call, read, check } = createEdgeConnection(options);
  return {
    async put(items) {
      const answer = await call(ROUTES.items(), {
        method: "PUT",
        body: JSON.stringify(items),
        headers: { "Content-Type": "application/json" },
      });
      return read(answer, "put the items", (body) => parseAnswer(body, ""));
    },
    async remove(item) {
      check(await call(ROUTES.item(item), { method: "DELETE" }), `delete ${item}`);
    },
  };
}
