/** `encoder.onnx`: the computation of `encoder.ts` for one history, with the weights and every constant inside. */
import type { Weights } from "./jax.ts";
import { BASE_FLOOR } from "./encoder.ts";
import {
  BASE_HALF_LIVES,
  CONTEXT_SIZE,
  ENCODER_HEADS,
  type ModelShape,
  QUERY_COUNT,
  SIGNAL_SIZE,
} from "./model-shape.ts";
import { HOURS_PER_DAY } from "./moment.ts";
import { onnxParts, type Parts } from "./onnx-parts.ts";
import { createOnnxWriter, type OnnxWriter, type Value } from "./onnx-writer.ts";

/** @param vectorScale what item vectors are multiplied by before anything else; see `vector-scale.ts` */
export function writeEncoder({ dim, events }: ModelShape, weights: Weights, vectorScale: number): Uint8Array {
  const writer = createOnnxWriter("encoder");
  const parts = onnxParts(writer, weights);
  const { add, multiply, product, weight } = parts;
  const vector = parts.times(writer.input("event_vector", [events, dim]), vectorScale);
  const signal = writer.input("event_signal", [events, SIGNAL_SIZE]);
  const age = writer.input("event_age", [events]);
  const maskRow = writer.input("event_mask", [events]);
  const context = writer.input("context", [CONTEXT_SIZE]);
  const mask = parts.reshape(maskRow, [events, 1]);

  const table = weights.position.shape[0];
  const positions = weights.position.values.slice((table - events) * dim);
  const gaps = gapColumns(writer, parts, parts.reshape(age, [events, 1]), mask, events);
  let x = add(product(vector, weight("inVector")), product(signal, weight("inSignal")));
  x = add(add(x, product(gaps, weight("inGap"))), writer.float(positions, [events, dim]));
  x = add(x, attention(writer, parts, parts.layerNorm(x, "attentionGain"), maskRow, { dim, events }));
  const hidden = add(product(parts.layerNorm(x, "forwardGain"), weight("forwardIn")), weight("forwardBias"));
  x = add(x, product(writer.node("Relu", [hidden]), weight("forwardOut")));
  const state = multiply(x, mask);

  const base = product(decayedMean(writer, parts, weights, { vector, signal, mask, events }), weight("baseOut"));
  const last = parts.rows(state, events - 1, events);
  const asked = parts.layerNorm(add(last, product(parts.momentColumns(context), weight("moment"))), "queryGain");
  const query = add(base, product(asked, weight("queryOut")));

  writer.output("state", state, [events, dim]);
  writer.output("query", query, [QUERY_COUNT, dim]);
  return writer.bytes();
}

/** See `gapColumns` in `moment.ts`. `age` and `mask` are `[L, 1]`. */
function gapColumns(writer: OnnxWriter, parts: Parts, age: Value, mask: Value, events: number): Value {
  const before = writer.node("Concat", [parts.rows(age, 0, 1), parts.rows(age, 0, events - 1)], { axis: 0 });
  const beforeMask = writer.node("Concat", [writer.float([0], [1, 1]), parts.rows(mask, 0, events - 1)], { axis: 0 });
  const gap = parts.multiply(
    writer.node("Relu", [writer.node("Sub", [before, age])]),
    parts.multiply(beforeMask, mask),
  );
  const columns = [parts.log1p(gap), parts.negativeExp(gap), parts.negativeExp(gap, 1 / HOURS_PER_DAY)];
  return writer.node("Concat", columns, { axis: 1 });
}

function attention(
  writer: OnnxWriter,
  parts: Parts,
  x: Value,
  mask: Value,
  { dim, events }: { dim: number; events: number },
): Value {
  const width = dim / ENCODER_HEADS;
  const heads = (name: string, order: readonly number[]) =>
    writer.node("Transpose", [parts.reshape(parts.product(x, parts.weight(name)), [events, ENCODER_HEADS, width])], {
      perm: order,
    });
  const query = heads("attentionQuery", [1, 0, 2]);
  const key = heads("attentionKey", [1, 2, 0]);
  const value = heads("attentionValue", [1, 0, 2]);
  const scores = parts.times(parts.product(query, key), 1 / Math.sqrt(width));
  const causal = Array.from({ length: events * events }, (_, i) => (i % events <= Math.floor(i / events) ? 1 : 0));
  const visible = parts.multiply(parts.reshape(mask, [1, 1, events]), writer.float(causal, [1, events, events]));
  const mixed = parts.product(parts.maskedSoftmax(scores, visible), value);
  const joined = parts.reshape(writer.node("Transpose", [mixed], { perm: [1, 0, 2] }), [events, dim]);
  return parts.product(joined, parts.weight("attentionOut"));
}

interface History {
  readonly vector: Value;
  readonly signal: Value;
  readonly mask: Value;
  readonly events: number;
}

/** At the last event only, so the mixture of decays is one constant row. `[1, d]` */
function decayedMean(
  writer: OnnxWriter,
  parts: Parts,
  weights: Weights,
  { vector, signal, mask, events }: History,
): Value {
  const mix = softmax(weights.baseMix.values);
  const decay = Array.from({ length: events }, (_, e) =>
    BASE_HALF_LIVES.reduce((sum, halfLife, k) => sum + mix[k] * 2 ** (-(events - 1 - e) / halfLife), 0),
  );
  const column = (i: number) =>
    writer.node("Slice", [signal, writer.integers([i]), writer.integers([i + 1]), writer.integers([1])]);
  const wanted = parts.multiply(parts.multiply(column(0), column(1)), mask);
  const weight = parts.multiply(wanted, writer.float(decay, [events, 1]));
  const total = parts.plus(parts.sum(weight, 0), BASE_FLOOR);
  return writer.node("Div", [parts.product(parts.reshape(weight, [1, events]), vector), total]);
}

function softmax(values: Float32Array): number[] {
  const max = Math.max(...values);
  const shares = Array.from(values, (value) => Math.exp(value - max));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / sum);
}
