/**
 * Runs the two graphs of a deep model over one list: which tensor goes in under which name, and in what shape. The runtime
 * of the graphs comes in as an argument, so that devices, the trainer and tests feed them alike.
 */
import { CONTEXT_COLUMNS, ENCODER_EVENTS, SIGNAL_COLUMNS } from "./encoder-inputs.ts";
import type { EncoderInputs } from "./encoder-inputs.ts";
import { FEATURES } from "./features.ts";

/** A runtime with both graphs open. `T` is its kind of tensor. */
export interface GraphRuntime<T> {
  tensor(values: Float32Array, shape: readonly number[]): T;
  /** The output `state` of the encoder. */
  state(inputs: Readonly<Record<string, T>>): Promise<T>;
  /** The output `logit` of the ranker. `[n, heads]` */
  logit(inputs: Readonly<Record<string, T>>): Promise<Float32Array>;
}

/** The shapes of a model. */
export interface GraphShapes {
  readonly dim: number;
  readonly heads: number;
}

/**
 * The logits of some candidates. `[n, heads]`
 *
 * @param vectors `[n, dim]`
 * @param features `[n, FEATURES]`
 * @throws Error where the ranker answers another shape
 */
export async function runDeep<T>(
  runtime: GraphRuntime<T>,
  { dim, heads }: GraphShapes,
  events: EncoderInputs,
  vectors: Float32Array,
  features: Float32Array,
): Promise<Float32Array> {
  const n = vectors.length / dim;
  if (n === 0) return new Float32Array(0);
  const event_mask = runtime.tensor(events.eventMask, [ENCODER_EVENTS]);
  const context = runtime.tensor(events.context, [CONTEXT_COLUMNS.length]);
  const state = await runtime.state({
    event_vector: runtime.tensor(events.eventVector, [ENCODER_EVENTS, dim]),
    event_signal: runtime.tensor(events.eventSignal, [ENCODER_EVENTS, SIGNAL_COLUMNS.length]),
    event_age: runtime.tensor(events.eventAge, [ENCODER_EVENTS]),
    event_mask,
    context,
  });
  const logit = await runtime.logit({
    state,
    event_mask,
    candidate_vector: runtime.tensor(vectors, [n, dim]),
    candidate_feature: runtime.tensor(features, [n, FEATURES.length]),
    context,
  });
  if (logit.length !== n * heads) throw new Error(`logit has ${logit.length} values, expected ${n * heads}`);
  return logit;
}
