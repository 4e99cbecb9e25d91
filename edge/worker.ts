// The Worker that `wrangler deploy` ships.

import { createEdge } from "./index.ts";

export { Catalogue, EventStore, LogKeeper, Trending } from "./index.ts";

export default createEdge();
