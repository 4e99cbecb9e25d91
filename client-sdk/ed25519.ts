/**
 * Ed25519 in plain script, built as a file of its own: for pages that browsers give no `crypto.subtle` (http from another
 * address than localhost), and for browsers that do not know Ed25519 yet. Loaded by `sync/verify.ts`, and not before.
 */
import { hashes, verify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

hashes.sha512 = sha512;

/** What this file exports, for whoever imports it by URL. */
export interface Ed25519Module {
  verifyInScript(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** RFC 8032 §5.1.7, without the laxities of ZIP 215: what a browser refuses is refused here. */
export function verifyInScript(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(signature, message, publicKey, { zip215: false });
}
