/** `encoder.onnx`: the computation of `encoder.ts` for one history, with the weights and every constant inside. */
import type { Weights } from "./jax.ts";
import {
  BASE_HALF_LIVES,
  CONTEXT_SIZE,
  ENCODER_BLOCKS,
  ENCODER_HEADS,
  type ModelShape,
  QUERY_COUNT,
  SIGNAL_SIZE,
  stateWidth,
} from "./model-shape.ts";
import { BASE_FLOOR, HOURS_PER_DAY } from "./model-numbers.ts";
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

  const gaps = gapColumns(writer, parts, parts.reshape(age, [events, 1]), mask, events);
  let x = add(product(vector, weight("inVector")), product(signal, weight("inSignal")));
  x = add(x, product(gaps, weight("inGap")));
  for (let block = 0; block < ENCODER_BLOCKS; block++) {
    const normed = parts.layerNorm(x, `attentionGain${block}`);
    x = add(x, attention(writer, parts, weights, block, normed, maskRow, { dim, events }));
    const forward = product(parts.layerNorm(x, `forwardGain${block}`), weight(`forwardIn${block}`));
    const hidden = writer.node("Relu", [add(forward, weight(`forwardBias${block}`))]);
    x = add(x, product(hidden, weight(`forwardOut${block}`)));
  }
  const state = multiply(x, mask);

  const base = product(decayedMean(writer, parts, weights, { vector, signal, mask, events }), weight("baseOut"));
  const last = parts.rows(state, events - 1, events);
  const asked = parts.layerNorm(add(last, product(parts.momentColumns(context), weight("moment"))), "queryGain");
  const query = add(base, product(asked, weight("queryOut")));

  const newest = writer.float(new Float32Array(events).fill(1, events - 1), [events, 1]);
  const joined = writer.node("Concat", [state, multiply(query, newest)], { axis: 1 });

  writer.output("state", joined, [events, stateWidth(dim)]);
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
  weights: Weights,
  block: number,
  x: Value,
  mask: Value,
  { dim, events }: { dim: number; events: number },
): Value {
  const width = dim / ENCODER_HEADS;
  const heads = (name: string, order: readonly number[]) =>
    writer.node("Transpose", [parts.reshape(parts.product(x, parts.weight(name)), [events, ENCODER_HEADS, width])], {
      perm: order,
    });
  const query = heads(`attentionQuery${block}`, [1, 0, 2]);
  const key = heads(`attentionKey${block}`, [1, 2, 0]);
  const value = heads(`attentionValue${block}`, [1, 0, 2]);
  const near = parts.times(parts.product(query, key), 1 / Math.sqrt(width));
  const bias = distanceBias(weights[`distance${block}`], events);
  const scores = parts.add(near, writer.float(bias, [ENCODER_HEADS, events, events]));
  const causal = Array.from({ length: events * events }, (_, i) => (i % events <= Math.floor(i / events) ? 1 : 0));
  const visible = parts.multiply(parts.reshape(mask, [1, 1, events]), writer.float(causal, [1, events, events]));
  const mixed = parts.product(parts.maskedSoftmax(scores, visible), value);
  const joined = parts.reshape(writer.node("Transpose", [mixed], { perm: [1, 0, 2] }), [events, dim]);
  return parts.product(joined, parts.weight(`attentionOut${block}`));
}

/** `[heads, L, L]` the bias of event e as seen from event t; 0 for what is later, which is masked. */
function distanceBias({ shape, values }: Weights[string], events: number): Float32Array {
  const known = shape[1];
  return Float32Array.from({ length: ENCODER_HEADS * events * events }, (_, i) => {
    const [head, t, e] = [Math.floor(i / (events * events)), Math.floor(i / events) % events, i % events];
    return e <= t ? values[head * known + t - e] : 0;
  });
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
