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
  /** Tries of the runtime that came to nothing: one that has failed to start stays so, another copy of it does not. */
  readonly failures: number;
}

/** Runs no graphs: its script or its wasm could not be loaded, which another time may be. */
export class RuntimeMissing extends NearfeedError {}

/** How onnxruntime-web begins to say that its wasm did not start; what it says of a graph begins otherwise. */
const NO_BACKEND = "no available backend found";

/** @throws NearfeedError `model` where the signature is another, or the runtime or a graph cannot be loaded */
export async function loadDeepModel(
  urls: RuntimeUrls,
  release: Release,
  { encoder, ranker, failures }: DeepOpening,
): Promise<DeepSession> {
  const heads = release.heads ?? { names: [] };
  const signature = await sha256(textCodec.encode(canonicalJson(modelSignature(release.dim, heads))));
  if (signature !== release.signature) {
    throw new NearfeedError("model", `The model has signature ${release.signature}, this build runs ${signature}.`, {
      path: "release.signature",
      hint: "Update the SDK or the trainer, whichever is older.",
    });
  }
  const { createDeepSession } = await loadRuntime(asNew(urls.ortUrl, failures));
  try {
    return await createDeepSession({
      encoder,
      ranker,
      dim: release.dim,
      heads: heads.names.length,
      wasmUrl: urls.wasmUrl,
    });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (reason.startsWith(NO_BACKEND)) throw missing(urls.wasmUrl, cause);
    throw new NearfeedError("model", `The deep ranker could not be loaded: ${reason}`, {
      cause,
      hint: "Lists stay on the linear floor.",
    });
  }
}

async function loadRuntime(url: string): Promise<OrtModule> {
  try {
    return (await import(/* @vite-ignore */ url)) as OrtModule;
  } catch (cause) {
    throw missing(url, cause);
  }
}

function missing(url: string, cause: unknown): RuntimeMissing {
  return new RuntimeMissing("model", `The runtime of the deep ranker could not be loaded: ${reasonOf(cause)}`, {
    cause,
    hint: `${url} must be served, and a content security policy must allow 'wasm-unsafe-eval'. It is asked for again; lists stay on the linear floor meanwhile.`,
  });
}
