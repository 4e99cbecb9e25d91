/** Serves what the loop walks through: an edge with a release that has models, and pages under several policies. */
import { join } from "node:path";
import { run } from "../../scripts/run.ts";
import { publishedEdge } from "../delivery/published-edge.ts";
import { servePages, type PagesOptions } from "../delivery/served-pages.ts";
import { ROOT } from "../harness/dev-stack.ts";
import type { Addresses, Limited } from "./loop.ts";

/** Policies that take something away, and what is left. */
const LIMITED: readonly { what: string; change(strict: string): string; expected: Limited }[] = [
  {
    what: "no wasm",
    change: (strict) => strict.replace(" 'wasm-unsafe-eval'", ""),
    expected: { floor: "linear", engine: "worker", errors: ["model"] },
  },
  {
    what: "no worker",
    change: (strict) => strict.replace("worker-src 'self'", "worker-src 'none'"),
    expected: { floor: "deep", engine: "page", errors: [] },
  },
  {
    what: "Trusted Types",
    change: (strict) => `${strict}; require-trusted-types-for 'script'; trusted-types nearfeed`,
    expected: { floor: "deep", engine: "worker", errors: [] },
  },
];

/** An edge with a release that has models, pages under policies, and one whose SDK comes from the edge. */
export async function withPages(use: (addresses: Addresses) => Promise<void>): Promise<void> {
  const built = await run("node", [join(ROOT, "scripts/build.ts"), "--browser"]);
  if (built.code !== 0) throw new Error("The build failed.");
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  const edge = await publishedEdge();
  const ends: (() => Promise<void>)[] = [edge.stop];
  const serve = async (options: PagesOptions) => {
    const { origin, stop } = await servePages(options);
    ends.push(stop);
    return `${origin}/?endpoint=${edge.url}`;
  };
  const under = (policy: string) => serve({ headersOf: () => ({ "Content-Security-Policy": policy }) });
  const strict = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ${edge.url}`;
  try {
    const limited: Addresses["limited"][number][] = [];
    for (const { what, change, expected } of LIMITED)
      limited.push({ what, expected, page: await under(change(strict)) });
    const sdk = `${edge.url}/sdk/${manifest.version}/index.js`;
    await use({ page: await under(strict), plain: await serve({ sdk }), limited, demo: edge.url, sdk });
  } finally {
    for (const end of ends) await end();
  }
}
