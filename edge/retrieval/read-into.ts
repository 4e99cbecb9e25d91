// Reads a stream into bytes that are already there, so that a large file is never held twice.

/** Writes all of `body` to the start of `into`. @throws RangeError where it is longer */
export async function readInto(into: Uint8Array, body: ReadableStream<Uint8Array>): Promise<void> {
  let at = 0;
  for await (const chunk of body) {
    into.set(chunk, at);
    at += chunk.length;
  }
}
