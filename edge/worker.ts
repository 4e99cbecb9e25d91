// The Worker that `wrangler deploy` ships.

import { createEdge } from "./index.ts";

export * from "./durable-objects.ts";

export default createEdge();
