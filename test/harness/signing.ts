/** A publisher's key for tests, by WebCrypto: it runs in every runtime, and is not the code that `nearfeed` signs with. */
import { toBase64url } from "../../shared/base64url.ts";
import { formatPublicKey, keyId, signedBytes, type Signed } from "../../shared/signing.ts";
import { digest, text } from "./small-release.ts";

export interface TestKey {
  readonly id: string;
  /** As the SDK's `verifyKey`. */
  readonly publicKey: string;
  readonly raw: Uint8Array<ArrayBuffer>;
  sign<T extends { readonly signed?: Signed }>(value: T): Promise<T & { readonly signed: Signed }>;
}

export async function makeKey(): Promise<TestKey> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const id = await keyId(raw, digest);
  return {
    id,
    publicKey: formatPublicKey(raw),
    raw,
    async sign(value) {
      const bytes = signedBytes(value, text) as Uint8Array<ArrayBuffer>;
      const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, bytes);
      return { ...value, signed: { key: id, value: toBase64url(new Uint8Array(signature)) } };
    },
  };
}
