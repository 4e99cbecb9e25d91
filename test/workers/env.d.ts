// What `env` of cloudflare:workers and cloudflare:test is in these tests: the bindings of wrangler.toml.

import type { EdgeEnv } from "../../edge/index.ts";

declare global {
  namespace Cloudflare {
    // eslint-disable-next-line typescript/no-empty-object-type -- declaration merging needs an interface
    interface Env extends EdgeEnv {}
    interface GlobalProps {
      mainModule: typeof import("../../edge/worker.ts");
    }
  }
}
