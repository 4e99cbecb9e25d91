/**
 * The deep floor's runtime, built as a file of its own: onnxruntime-web on one thread, and a session a graph. Loaded by
 * `deep/load.ts` when a release has models, and not before.
 */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { CONTEXT_COLUMNS, ENCODER_EVENTS, SIGNAL_COLUMNS } from "../shared/encoder-inputs.ts";
import type { EncoderInputs } from "../shared/encoder-inputs.ts";
import { FEATURES } from "../shared/features.ts";
import type { DeepModel } from "../shared/rank.ts";
import { runDeep } from "../shared/run-deep.ts";
import type { GraphRuntime } from "../shared/run-deep.ts";

export interface DeepSession extends DeepModel {
  /** Gives the memory of the graphs back, after the run under way. */
  release(): Promise<void>;
}

export interface DeepOptions {
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
  readonly dim: number;
  readonly heads: number;
  readonly wasmUrl: string;
  /** The bytes of the runtime's wasm, where a URL cannot be fetched: Node, when it checks what browsers compute. */
  readonly wasmBinary?: Uint8Array;
}

/** What this file exports, for whoever imports it by URL. */
export interface OrtModule {
  createDeepSession(options: DeepOptions): Promise<DeepSession>;
}

/** Loads the runtime and both graphs, and runs them once, so that a graph of other shapes fails here. */
export async function createDeepSession(options: DeepOptions): Promise<DeepSession> {
  const { dim } = options;
  // One thread needs no SharedArrayBuffer, so nothing is asked of the host page's headers.
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  env.wasm.wasmPaths = { wasm: options.wasmUrl };
  if (options.wasmBinary) env.wasm.wasmBinary = options.wasmBinary;
  const settings = { executionProviders: ["wasm"], graphOptimizationLevel: "all" } as const;
  const encoder = await InferenceSession.create(options.encoder, settings);
  const ranker = await InferenceSession.create(options.ranker, settings);
  let busy: Promise<unknown> = Promise.resolve();

  const runtime: GraphRuntime<Tensor> = {
    tensor: (values, shape) => new Tensor("float32", values, shape),
    state: async (inputs) => (await encoder.run(inputs, ["state"]))["state"]!,
    logit: async (inputs) => (await (await ranker.run(inputs, ["logit"]))["logit"]!.getData()) as Float32Array,
  };

  const session: DeepSession = {
    score(events, vectors, features) {
      // A session runs one list at a time.
      const result = busy.then(() => runDeep(runtime, options, events, vectors, features));
      busy = result.catch(() => {});
      return result;
    },
    async release() {
      await busy;
      await encoder.release();
      await ranker.release();
    },
  };
  await session.score(noEvents(dim), new Float32Array(dim), new Float32Array(FEATURES.length));
  return session;
}

function noEvents(dim: number): EncoderInputs {
  return {
    eventVector: new Float32Array(ENCODER_EVENTS * dim),
    eventSignal: new Float32Array(ENCODER_EVENTS * SIGNAL_COLUMNS.length),
    eventAge: new Float32Array(ENCODER_EVENTS),
    eventMask: new Float32Array(ENCODER_EVENTS),
    context: new Float32Array(CONTEXT_COLUMNS.length),
  };
}
