/** Runs exported graphs as the browser does: onnxruntime-web on one thread. */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "../../../../../trainer/deep/model-shape.ts";
import type { HistoryArrays, ListArrays } from "./networks.ts";

export interface Graphs {
  encode(history: HistoryArrays): Promise<{ state: Float32Array; query: Float32Array }>;
  rank(state: Float32Array, history: HistoryArrays, list: ListArrays): Promise<Float32Array>;
}

export async function openGraphs(encoder: Uint8Array, ranker: Uint8Array): Promise<Graphs> {
  env.wasm.numThreads = 1;
  const [encoderSession, rankerSession] = [
    await InferenceSession.create(encoder),
    await InferenceSession.create(ranker),
  ];
  const floats = (values: Float32Array, ...shape: number[]) => new Tensor("float32", values, shape);
  return {
    async encode({ vector, signal, age, mask, context }) {
      const rows = mask.length;
      const { state, query } = await encoderSession.run({
        event_vector: floats(vector, rows, vector.length / rows),
        event_signal: floats(signal, rows, SIGNAL_SIZE),
        event_age: floats(age, rows),
        event_mask: floats(mask, rows),
        context: floats(context, CONTEXT_SIZE),
      });
      return { state: state.data as Float32Array, query: query.data as Float32Array };
    },
    async rank(state, { mask, context }, { candidate, feature }) {
      const width = state.length / mask.length;
      const dim = width / 2;
      const count = candidate.length / dim;
      const { logit } = await rankerSession.run({
        state: floats(state, mask.length, width),
        event_mask: floats(mask, mask.length),
        candidate_vector: floats(candidate, count, dim),
        candidate_feature: floats(feature, count, feature.length / count),
        context: floats(context, CONTEXT_SIZE),
      });
      return logit.data as Float32Array;
    },
  };
}
