// The Worker that `wrangler deploy` ships.

import { createEdge } from "./index.ts";

export { EventStore, LogKeeper } from "./index.ts";

export default createEdge();
