// The sources that need no query: `popular`, `fresh` and `explore`, each the head of an order of the catalogue. By language
// and region they become through the filter, like all others.

import { seededHash } from "../../../shared/noise.ts";
import { sourceBit } from "../../../shared/sources.ts";
import type { ItemOrders, OrderName } from "../item-orders.ts";
import type { CandidateSource } from "../pipeline.ts";

/** The most popular, equal ones by row. */
export const popular = (orders: ItemOrders): CandidateSource => inOrder(orders, "popular");

/** The newest; items without a date are never new. */
export const fresh = (orders: ItemOrders): CandidateSource => inOrder(orders, "fresh");

/**
 * Items of which little is known, the uncertain and the new: offered here, drawn by the device's exploration slots.
 *
 * Which of them is drawn, and not by chance: the release shuffles them once, and the request says where in that order to
 * begin. So a request that is sent again gets the same answer, an answer can be checked by a twin, every such item is as
 * likely as another over many requests, and the edge draws nothing that would have to be recorded.
 *
 * @param request names it: the same text begins at the same place
 */
export function explore(orders: ItemOrders, request: string): CandidateSource {
  return inOrder(orders, "explore", () => seededHash(request, 0));
}

function inOrder(orders: ItemOrders, order: OrderName, below?: () => number): CandidateSource {
  return {
    name: order,
    async find({ filter, onMissing }, most) {
      const rows = await orders.inOrder({
        order,
        count: most,
        filter,
        ...(below && { below: below() }),
        ...(onMissing && { onMissing }),
      });
      return [{ rows, source: sourceBit(order) }];
    },
  };
}
