// The Worker that `wrangler deploy` ships.

import { createEdge } from "./index.ts";

export {
  Catalogue,
  EventStore,
  IndexShard0,
  IndexShard1,
  IndexShard2,
  IndexShard3,
  IndexShard4,
  IndexShard5,
  IndexShard6,
  IndexShard7,
  LogKeeper,
  Trending,
} from "./index.ts";

export default createEdge();
