/**
 * The deep floor in Node, by the very runtime that browsers use: for evaluation, and to check what training exports.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { NearfeedError } from "../../shared/errors.ts";
import { installCommand } from "../package-root.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { type DeepModel, DEEP_CANDIDATES, rank } from "../../shared/rank.ts";
import { type GraphRuntime, runDeep } from "../../shared/run-deep.ts";
import type { Assembly } from "../items/assemble.ts";
import type { Scorer } from "./replay.ts";
import { usualMoment } from "./usual-moment.ts";

export interface DeepSession extends DeepModel {
  /** Gives the memory of the graphs back. */
  release(): Promise<void>;
}

/** @throws NearfeedError `missing_dependency` or `model` */
export async function openDeepSession(
  graphs: { readonly encoder: Uint8Array; readonly ranker: Uint8Array },
  { dim, heads }: Pick<ScoringModel, "dim" | "heads">,
): Promise<DeepSession> {
  const { env, InferenceSession, Tensor } = await importRuntime();
  env.wasm.numThreads = 1;
  env.logLevel = "error";
  env.wasm.wasmPaths = runtimeFolder();
  const open = (bytes: Uint8Array) => InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const [encoder, ranker] = await Promise.all([open(graphs.encoder), open(graphs.ranker)]).catch((cause: unknown) => {
    throw new NearfeedError(
      "model",
      `A graph of the release cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  const shapes = { dim, heads: heads?.names.length ?? 0 };
  const runtime: GraphRuntime<InstanceType<typeof Tensor>> = {
    tensor: (values, shape) => new Tensor("float32", values, shape),
    state: async (inputs) => (await encoder.run(inputs, ["state"]))["state"],
    logit: async (inputs) => (await (await ranker.run(inputs, ["logit"]))["logit"].getData()) as Float32Array,
  };
  return {
    score: (events, vectors, features) => runDeep(runtime, shapes, events, vectors, features),
    async release() {
      await encoder.release();
      await ranker.release();
    },
  };
}

/** The order a device with the deep floor would show: its best candidates re-ranked, everything else after them. */
export function deepScorer(assembly: Assembly, model: ScoringModel, deep: DeepModel): Scorer {
  return async ({ seen }, interest, linear) => {
    const { candidates } = await rank(assembly.table, interest, model, {
      count: DEEP_CANDIDATES,
      moment: usualMoment(model),
      diversity: 0,
      excluded: (row) => seen[row] === 1,
      deep,
    });
    const lowest = candidates.reduce((least, { score }) => Math.min(least, score), Infinity);
    const best = linear.total.reduce((max, score) => Math.max(max, score), -Infinity);
    const scores = linear.total.map((score) => score - best + lowest - 1);
    for (const { row, score } of candidates) scores[row] = score;
    return scores;
  };
}

/** @throws NearfeedError `missing_dependency` */
export async function importRuntime() {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (cause) {
    throw new NearfeedError(
      "missing_dependency",
      "Running the deep floor needs the package onnxruntime-web, which is not installed",
      {
        hint: installCommand("onnxruntime-web"),
        cause,
      },
    );
  }
}

function runtimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-web/wasm");
  return `${pathToFileURL(join(dirname(entry))).href}/`;
}
