// The edge in a Worker that has room for no release: whatever is published there is searched in shards.

import { createEdge } from "../../edge/index.ts";

export * from "../../edge/durable-objects.ts";

export default createEdge({ roomBytes: 10_000 });
