// Signatures of releases and channels: what is signed, and how a signature and a key are written. Ed25519 (RFC 8032) over
// the RFC 8785 bytes of the object. Making and checking signatures needs a platform, so that is done on each side.
//
// Both objects name their format, so that a signature of one can never pass for one of the other.

import { fromBase64url, toBase64url } from "./base64url.ts";
import { canonicalJson } from "./canonical-json.ts";
import { matching, object } from "./parse.ts";
import type { Parser } from "./parse.ts";
import type { Digest, TextCodec } from "./runtime.ts";

/** Bytes of a raw public key. */
const PUBLIC_KEY_BYTES = 32;

/** Bytes of a signature. */
const SIGNATURE_BYTES = 64;

/** Who signed an object, and the signature. */
export interface Signed {
  /** The {@link keyId} of the public key. */
  key: string;
  /** The 64 bytes as base64url. */
  value: string;
}

/** Parses the field `signed`. */
export const signed: Parser<Signed> = object({
  key: matching(/^[0-9a-f]{16}$/, "a key id of 16 lower-case hex digits"),
  value: matching(/^[\w-]{86}$/, "a signature of 86 characters of base64url"),
});

/** The bytes that are signed: everything of an object but its signature. */
export function signedBytes(value: { readonly signed?: Signed }, text: TextCodec): Uint8Array {
  const { signed: _, ...rest } = value;
  return text.encode(canonicalJson(rest));
}

/** Names a key: the first 16 hex digits of the SHA-256 of its raw public half. */
export async function keyId(publicKey: Uint8Array, digest: Digest): Promise<string> {
  return (await digest(publicKey)).slice(0, 16);
}

/** A public key as people pass it on: its 32 raw bytes as base64url. */
export function formatPublicKey(publicKey: Uint8Array): string {
  return toBase64url(publicKey);
}

/** @throws NearfeedError `bad_value` with `path` */
export function parsePublicKey(text: string, path: string): Uint8Array<ArrayBuffer> {
  return fromBase64url(text, PUBLIC_KEY_BYTES, path);
}

/** The raw bytes of a signature. @throws NearfeedError `bad_value` */
export function signatureBytes({ value }: Signed): Uint8Array<ArrayBuffer> {
  return fromBase64url(value, SIGNATURE_BYTES, "signed.value");
}
