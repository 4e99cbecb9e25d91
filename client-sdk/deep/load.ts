/**
 * Loads the deep floor: the runtime's file, which the linear floor never touches, and the two graphs of a release.
 *
 * A model made for other features or shapes is not run: it would answer with numbers that mean nothing.
 */
import { canonicalJson } from "../../shared/canonical-json.ts";
import { modelSignature } from "../../shared/encoder-inputs.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import { asNew } from "../as-new.ts";
import { reasonOf } from "../plain-error.ts";
import { sha256, textCodec } from "../runtime.ts";
import type { DeepSession, OrtModule } from "../ort.ts";

export interface RuntimeUrls {
  readonly ortUrl: string;
  readonly wasmUrl: string;
}

export interface DeepOpening {
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
  /** Tries before this one: a runtime that has failed to start stays so, another copy of it does not. */
  readonly failures: number;
}

/** The runtime's file could not be loaded: nothing was started. */
export class RuntimeAbsent extends NearfeedError {}

/** @throws NearfeedError `model` where the signature is another, or the runtime or a graph cannot be loaded */
export async function loadDeepModel(
  urls: RuntimeUrls,
  release: Release,
  { encoder, ranker, failures }: DeepOpening,
): Promise<DeepSession> {
  const heads = release.heads?.names ?? [];
  const signature = await sha256(textCodec.encode(canonicalJson(modelSignature(release.dim, heads))));
  if (signature !== release.signature) {
    throw new NearfeedError("model", `The model has signature ${release.signature}, this build runs ${signature}.`, {
      path: "release.signature",
      hint: "Update the SDK or the trainer, whichever is older.",
    });
  }
  const load = () => import(/* @vite-ignore */ asNew(urls.ortUrl, failures)) as Promise<OrtModule>;
  const { createDeepSession } = await load().catch((cause: unknown) => {
    throw new RuntimeAbsent("model", `The deep ranker's runtime could not be loaded: ${reasonOf(cause)}`, {
      cause,
      hint: `${urls.ortUrl} must be served. It is asked for again; lists stay on the linear floor meanwhile.`,
    });
  });
  try {
    return await createDeepSession({ encoder, ranker, dim: release.dim, heads: heads.length, wasmUrl: urls.wasmUrl });
  } catch (cause) {
    throw new NearfeedError("model", `The deep ranker could not be loaded: ${reasonOf(cause)}`, {
      cause,
      hint: "A content security policy must allow 'wasm-unsafe-eval'. Lists stay on the linear floor.",
    });
  }
}
