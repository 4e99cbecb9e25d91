/**
 * Checks the options of `createRecommender`: the one place where the SDK throws. Queries and events come later and are
 * checked without throwing.
 */
import { NearfeedError } from "../shared/errors.ts";
import type { EngineInit } from "./messages.ts";
import { reasonOf } from "./plain-error.ts";
import type { Consent, Options, Retrieval } from "./types.ts";
import { ed25519Url, ortUrl, pageUrl, wasmUrl, workerUrl } from "./urls.ts";

const CONSENTS: readonly Consent[] = ["denied", "local", "full"];
const RETRIEVALS: readonly Retrieval[] = ["auto", "device", "pool", "edge"];
const FUNCTIONS = ["worker", "now", "random", "fetch"] as const;
const STRINGS = [
  "publicKey",
  "channel",
  "language",
  "region",
  "namespace",
  "verifyKey",
  "assets",
  "wasmPaths",
] as const;
/** URLs, which may be long. */
const FOLDERS: readonly string[] = ["assets", "wasmPaths"];
const KNOWN: readonly string[] = ["endpoint", "consent", "retrieval", ...FUNCTIONS, ...STRINGS];

/** 32 bytes as base64url: 42 characters, and one that holds the last 4 bits. */
const VERIFY_KEY = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** Names are used in URLs, keys and database names. */
const MAX_NAME_CHARS = 128;
/** Of a wrong value, in a message. */
const MAX_SHOWN_CHARS = 200;

/**
 * The options as they are now, each read once: what is checked is what is used, whatever the app's own getters do.
 *
 * @throws NearfeedError bad_option, with the option as path
 */
export function readOptions(given: Options): Options {
  if (typeof given !== "object" || given === null) throw bad("options", "an object", given);
  for (const name of read("options", () => Object.keys(given))) {
    if (!KNOWN.includes(name)) throw bad(name, `one of ${KNOWN.join(", ")}`, "an unknown option");
  }
  const known = KNOWN.map((name) => [name, read(name, () => given[name as keyof Options])]);
  return Object.fromEntries(known) as unknown as Options;
}

function read<R>(path: string, get: () => R): R {
  try {
    return get();
  } catch (cause) {
    throw new NearfeedError("bad_option", `${path} could not be read: ${reasonOf(cause)}`, { path, cause });
  }
}

/** @throws NearfeedError bad_option, with the option as path */
export function checkOptions(options: Options): EngineInit {
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw bad(name, "a function", options[name]);
  }
  for (const name of STRINGS) {
    const value = options[name];
    if (value === undefined) continue;
    if (typeof value !== "string" || value === "") throw bad(name, "a string that is not empty", value);
    if (!FOLDERS.includes(name) && value.length > MAX_NAME_CHARS) {
      throw bad(name, `at most ${MAX_NAME_CHARS} characters`, `${value.length}`);
    }
  }
  const { consent = "denied", retrieval = "auto", publicKey = null, verifyKey = null } = options;
  if (verifyKey !== null && !VERIFY_KEY.test(verifyKey)) {
    throw bad("verifyKey", "a public key of 43 characters, as nearfeed keygen prints it", verifyKey);
  }
  checkConsent(consent, publicKey !== null);
  if (!RETRIEVALS.includes(retrieval)) throw bad("retrieval", `one of ${RETRIEVALS.join(", ")}`, retrieval);
  return {
    endpoint: checkEndpoint(options.endpoint),
    publicKey,
    consent: cappedConsent(consent),
    capped: cappedConsent(consent) !== consent,
    channel: options.channel ?? "stable",
    language: options.language ?? null,
    region: options.region ?? null,
    namespace: options.namespace ?? "default",
    retrieval,
    verifyKey,
    ed25519Url: checkFolder("assets", options.assets, ed25519Url),
    workerUrl: checkFolder("assets", options.assets, workerUrl),
    ortUrl: checkFolder("assets", options.assets, ortUrl),
    wasmUrl: checkFolder("wasmPaths", options.wasmPaths ?? options.assets, wasmUrl),
    pageFetch: options.fetch !== undefined,
  };
}

/** @throws NearfeedError bad_option */
export function checkConsent(consent: Consent, hasKey: boolean): void {
  if (!CONSENTS.includes(consent)) throw bad("consent", `one of ${CONSENTS.join(", ")}`, consent);
  if (consent === "full" && !hasKey) throw bad("publicKey", "given where consent is full", "nothing");
}

/** The level that holds: a browser that sends Global Privacy Control never goes beyond `local`. */
export function cappedConsent(consent: Consent): Consent {
  return consent === "full" && isPrivacyAsked() ? "local" : consent;
}

/** Where a page makes the question itself fail, nothing is known against the level that was asked for. */
function isPrivacyAsked(): boolean {
  try {
    return (globalThis.navigator as { globalPrivacyControl?: boolean } | undefined)?.globalPrivacyControl === true;
  } catch {
    return false;
  }
}

function checkEndpoint(endpoint: string | URL): string {
  let url: URL | undefined;
  try {
    if (typeof endpoint === "string" || endpoint instanceof URL) url = new URL(endpoint, pageUrl());
  } catch {
    // Refused below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw bad("endpoint", "an http(s) URL", url?.href ?? endpoint);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function checkFolder(path: string, folder: string | undefined, urlIn: (folder?: string) => string): string {
  try {
    return urlIn(folder);
  } catch {
    throw bad(path, "a URL of a folder", folder);
  }
}

function bad(path: string, expected: string, got: unknown): NearfeedError {
  const shown = typeof got === "string" ? got.slice(0, MAX_SHOWN_CHARS) : got === null ? "null" : typeof got;
  return new NearfeedError("bad_option", `${path} must be ${expected}, got ${shown}`, { path });
}
