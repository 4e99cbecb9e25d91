// Requests of the Worker, with the bytes of their bodies. Headers are left out: they are the browser's, and nobody is billed
// for them.

import { meter } from "./meter.ts";

/** Counts a request and its answer. */
export async function meteredAnswer(request: Request, ask: () => Promise<Response>): Promise<Response> {
  const route = routeOf(new URL(request.url).pathname);
  const bytesIn = Number(request.headers.get("Content-Length") ?? 0);
  const answer = await ask();
  const name = `${request.method} ${route} ${answer.status}`;
  meter(`request:${name}`);
  meter(`bytes-in:${name}`, bytesIn);
  if (answer.body === null) return answer;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      meter(`bytes-out:${name}`, chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  return new Response(answer.body.pipeThrough(counted), answer);
}

/** The path with its last word only where that says which route it is: hashes, cells and channels are many. */
function routeOf(path: string): string {
  const [, v1, first = "", second] = path.split("/");
  if (v1 !== "v1") return path;
  return /^[0-9a-f]{32}$/.test(first) ? `/v1/:release/${second}` : `/v1/${first}`;
}
