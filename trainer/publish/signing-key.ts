/**
 * The publisher's key: an Ed25519 private key in a PKCS#8 PEM file, as openssl writes and reads it. Signs releases and
 * channels; devices that were given its public half as `verifyKey` take nothing else.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { toBase64url } from "../../shared/base64url.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { formatPublicKey, keyId, parsePublicKey, type Signed, signedBytes } from "../../shared/signing.ts";
import { digest, textCodec } from "../runtime.ts";

export interface Signer {
  /** Names the key. */
  readonly keyId: string;
  /** The public half, as `verifyKey` takes it. */
  readonly publicKey: string;
  /** The object with its signature; an older one is replaced. */
  sign<T extends { readonly signed?: Signed }>(value: T): T & { readonly signed: Signed };
}

/**
 * Makes a key and writes it for its owner's eyes only. Never overwrites: a lost key means that devices take nothing more.
 *
 * @throws NearfeedError `bad_argument` where the file is there already or cannot be written
 */
export async function makeSigningKey(path: string): Promise<Signer> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(path, pem, { mode: 0o600, flag: "wx", flush: true }).catch((cause: NodeJS.ErrnoException) => {
    const problem =
      cause.code === "EEXIST" ? "is there already; it is left as it is" : `cannot be written: ${cause.message}`;
    throw new NearfeedError("bad_argument", `${path} ${problem}`, { path, cause });
  });
  return signerOf(privateKey);
}

/** @throws NearfeedError `file_not_found` or `bad_file` */
export async function openSigningKey(path: string): Promise<Signer> {
  const pem = await readFile(path, "utf8").catch((cause: Error) => {
    throw new NearfeedError("file_not_found", `The signing key ${path} cannot be read: ${cause.message}`, {
      path,
      hint: "Make one with nearfeed keygen FILE.",
      cause,
    });
  });
  const key = privateKeyIn(pem);
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new NearfeedError("bad_file", `${path} is not an Ed25519 private key in PEM`, {
      path,
      hint: "Make one with nearfeed keygen FILE.",
    });
  }
  return signerOf(key);
}

function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

async function signerOf(privateKey: KeyObject): Promise<Signer> {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const raw = parsePublicKey(x!, "key");
  const id = await keyId(raw, digest);
  return {
    keyId: id,
    publicKey: formatPublicKey(raw),
    sign(value) {
      const bytes = sign(null, signedBytes(value, textCodec), privateKey);
      return { ...value, signed: { key: id, value: toBase64url(bytes) } };
    },
  };
}
