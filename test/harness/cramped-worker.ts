// The edge in a Worker that has room for no release: whatever is published there is searched in shards.

import { createEdge } from "../../edge/index.ts";

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
} from "../../edge/index.ts";

export default createEdge({ roomBytes: 10_000 });
