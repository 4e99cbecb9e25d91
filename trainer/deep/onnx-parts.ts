/**
 * Pieces that both exported graphs are made of: weights, arithmetic with constants, layer normalisation, attention
 * weights, and the columns of the moment. Each is the twin of a function in `jax.ts` or `moment.ts`.
 */
import type { FeatureScale } from "./feature-scale.ts";
import type { Weights } from "./jax.ts";
import { MOMENT_SIZE, SURFACE_COLUMN, SURFACE_COUNT } from "./model-shape.ts";
import { DAYS_PER_WEEK, HOURS_PER_DAY, MASKED, NORM_EPSILON, TINY } from "./model-numbers.ts";
import type { OnnxWriter, Value } from "./onnx-writer.ts";

export type Parts = ReturnType<typeof onnxParts>;

export function onnxParts(writer: OnnxWriter, weights: Weights) {
  const { node } = writer;
  const number = (value: number) => writer.float([value], []);
  const parts = {
    constant: ({ values, shape }: Weights[string]) => writer.float(values, shape),
    weight: (name: string) => writer.float(weights[name].values, weights[name].shape),
    add: (a: Value, b: Value) => node("Add", [a, b]),
    multiply: (a: Value, b: Value) => node("Mul", [a, b]),
    product: (a: Value, b: Value) => node("MatMul", [a, b]),
    times: (a: Value, factor: number) => node("Mul", [a, number(factor)]),
    plus: (a: Value, term: number) => node("Add", [a, number(term)]),
    reshape: (a: Value, shape: readonly number[]) => node("Reshape", [a, writer.integers(shape)]),
    /** Rows `from` up to `to` of the first axis. */
    rows: (a: Value, from: number, to: number) =>
      node("Slice", [a, writer.integers([from]), writer.integers([to]), writer.integers([0])]),
    columns: (a: Value, from: number, to: number) =>
      node("Slice", [a, writer.integers([from]), writer.integers([to]), writer.integers([1])]),
    log1p: (a: Value) => node("Log", [parts.plus(a, 1)]),
    negativeExp: (a: Value, rate = 1) => node("Exp", [parts.times(a, -rate)]),
    layerNorm: (a: Value, gain: string) =>
      node("LayerNormalization", [a, parts.weight(gain)], { axis: -1, epsilon: { float: NORM_EPSILON } }),
    sum: (a: Value, axis: number) => node("ReduceSum", [a, writer.integers([axis])], { keepdims: 1 }),
    /** See `scaleFeatures`. */
    scaled(raw: Value, { mean, inverseDeviation }: FeatureScale): Value {
      const centred = node("Sub", [raw, writer.float(mean, [mean.length])]);
      const z = parts.multiply(centred, writer.float(inverseDeviation, [mean.length]));
      return parts.multiply(node("Sign", [z]), parts.log1p(node("Abs", [z])));
    },
    /** See `maskedSoftmax`. The scores' own maximum may be a masked one: they are shifted after masking. */
    maskedSoftmax(scores: Value, mask: Value): Value {
      const visible = parts.add(scores, parts.times(parts.plus(mask, -1), MASKED));
      const max = node("ReduceMax", [visible], { axes: [-1], keepdims: 1 });
      const share = parts.multiply(node("Exp", [node("Sub", [visible, max])]), mask);
      return node("Div", [share, parts.plus(parts.sum(share, -1), TINY)]);
    },
    /** `[5]` → `[count]`: 1 at the place of the surface. */
    surface(context: Value, count: number): Value {
      const places = writer.float(
        Array.from({ length: count }, (_, place) => place),
        [count],
      );
      const distance = node("Abs", [node("Sub", [parts.rows(context, SURFACE_COLUMN, SURFACE_COLUMN + 1), places])]);
      return node("Relu", [node("Sub", [number(1), distance])]);
    },
    /** `[5]` → `[1, 11]`; see `momentColumns`. */
    momentColumns(context: Value): Value {
      const at = (i: number) => parts.rows(context, i, i + 1);
      const hours = at(0);
      const hourAngle = parts.times(at(1), (2 * Math.PI) / HOURS_PER_DAY);
      const weekdayAngle = parts.times(at(2), (2 * Math.PI) / DAYS_PER_WEEK);
      const columns = [
        parts.log1p(hours),
        parts.negativeExp(hours),
        node("Sin", [hourAngle]),
        node("Cos", [hourAngle]),
        node("Sin", [weekdayAngle]),
        node("Cos", [weekdayAngle]),
        parts.log1p(at(3)),
        parts.surface(context, SURFACE_COUNT),
      ];
      return parts.reshape(node("Concat", columns, { axis: 0 }), [1, MOMENT_SIZE]);
    },
  };
  return parts;
}
