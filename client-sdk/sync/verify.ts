/** Checks one Ed25519 signature, by the browser where it can, else in script. What is signed is not known here. */
import type { Ed25519Module } from "../ed25519.ts";

/** @param url of the built `ed25519.js` */
export async function verifyEd25519(
  { publicKey, message, signature }: Record<"publicKey" | "message" | "signature", Uint8Array<ArrayBuffer>>,
  url: string,
): Promise<boolean> {
  const key = await nativeKey(publicKey);
  if (key) return crypto.subtle.verify("Ed25519", key, signature, message);
  const { verifyInScript } = (await import(/* @vite-ignore */ url)) as Ed25519Module;
  return verifyInScript(publicKey, message, signature);
}

async function nativeKey(publicKey: Uint8Array<ArrayBuffer>): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch {
    return undefined;
  }
}
