/**
 * Loads the deep floor: the runtime's file, which the linear floor never touches, and the two graphs of a release.
 *
 * A model made for other features or shapes is not run: it would answer with numbers that mean nothing.
 */
import { canonicalJson } from "../../shared/canonical-json.ts";
import { modelSignature } from "../../shared/encoder-inputs.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import { sha256, textCodec } from "../runtime.ts";
import type { DeepSession, OrtModule } from "../ort.ts";

export interface RuntimeUrls {
  readonly ortUrl: string;
  readonly wasmUrl: string;
}

/** @throws NearfeedError `model` where the signature is another, or the runtime or a graph cannot be loaded */
export async function loadDeepModel(
  urls: RuntimeUrls,
  release: Release,
  graphs: { readonly encoder: Uint8Array; readonly ranker: Uint8Array },
): Promise<DeepSession> {
  const heads = release.heads?.names ?? [];
  const signature = await sha256(textCodec.encode(canonicalJson(modelSignature(release.dim, heads))));
  if (signature !== release.signature) {
    throw new NearfeedError("model", `The model has signature ${release.signature}, this build runs ${signature}.`, {
      path: "release.signature",
      hint: "Update the SDK or the trainer, whichever is older.",
    });
  }
  try {
    const { createDeepSession } = (await import(/* @vite-ignore */ urls.ortUrl)) as OrtModule;
    return await createDeepSession({ ...graphs, dim: release.dim, heads: heads.length, wasmUrl: urls.wasmUrl });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NearfeedError("model", `The deep ranker could not be loaded: ${reason}`, {
      cause,
      hint: "A content security policy must allow 'wasm-unsafe-eval'. Lists stay on the linear floor.",
    });
  }
}
