// Reads request bodies under a limit. The limit holds while bytes arrive: a body of any length costs at most `limit`.

import { NearfeedError } from "../../shared/errors.ts";
import { text } from "../runtime.ts";

/**
 * The whole body.
 * @throws NearfeedError too_large, bad_media_type (compressed) or bad_value (the body broke off)
 */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  checkEncoding(request);
  checkLength(request, limit);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new NearfeedError("bad_value", "the body broke off", { cause });
    });
    if (done) break;
    total += value.byteLength;
    if (total > limit) {
      await reader.cancel();
      throw tooLarge(limit, "more");
    }
    chunks.push(value);
  }
  return concat(chunks, total);
}

/**
 * The body as JSON.
 * @throws NearfeedError as {@link readBytes}, or bad_json
 */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  checkMediaType(request);
  const bytes = await readBytes(request, limit);
  let source: string;
  try {
    source = text.decode(bytes);
  } catch (cause) {
    throw new NearfeedError("bad_json", "the body is not UTF-8", { cause });
  }
  try {
    return JSON.parse(source) as unknown;
  } catch (cause) {
    throw new NearfeedError("bad_json", "the body is not JSON", { cause });
  }
}

/** The declared length of the body, refused beyond the limit; null where none is declared. */
export function checkLength(request: Request, limit: number): number | null {
  const declared = request.headers.get("content-length");
  if (declared === null) return null;
  const length = Number(declared);
  if (length > limit) throw tooLarge(limit, `${length} bytes`);
  return length;
}

/** Compressed bodies are refused: their size says nothing about what they hold. */
export function checkEncoding(request: Request): void {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new NearfeedError("bad_media_type", `the body is encoded as ${encoding}, expected none`, {
      path: "Content-Encoding",
    });
  }
}

function checkMediaType(request: Request): void {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  // text/plain is what a page may send without asking first (no preflight), and what sendBeacon sends.
  if (type === undefined || type === "" || type === "text/plain" || type === "application/json") return;
  throw new NearfeedError("bad_media_type", "the body must be application/json or text/plain", {
    path: "Content-Type",
  });
}

function tooLarge(limit: number, got: string): NearfeedError {
  return new NearfeedError("too_large", `the body may have ${limit} bytes, got ${got}`);
}

function concat(chunks: Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
