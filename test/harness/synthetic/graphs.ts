/**
 * Encoder and ranker graphs with the inputs and outputs of a release's models, and weights that are known or drawn by
 * seed. What they compute means nothing; `linearGraphs` can be recomputed by hand, `attentionGraphs` costs what a real
 * model costs.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { NodeProto, TensorProto, ValueInfoProto } from "onnx-buf";
import { CONTEXT_COLUMNS, ENCODER_EVENTS, SIGNAL_COLUMNS } from "../../../shared/encoder-inputs.ts";
import { FEATURES } from "../../../shared/features.ts";
import { seeded } from "../small-release.ts";

export interface Graphs {
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
}

const OPSET = 17n;
const IR_VERSION = 8n;

/**
 * `state` = the events' vectors, `logit_i` = Σ_e v_e · v_i + features_i · weights.
 *
 * @param weights one a feature
 */
export function linearGraphs(dim: number, weights: Float32Array): Graphs {
  const encoder = model({
    inputs: encoderInputs(dim),
    outputs: [value("state", [ENCODER_EVENTS, dim]), value("query", [1, dim])],
    constants: [integers("axis_0", [0]), integers("axis_1", [1])],
    nodes: [
      node("Unsqueeze", ["event_mask", "axis_1"], "mask_column"),
      node("Mul", ["event_vector", "mask_column"], "state"),
      node("ReduceSum", ["state", "axis_0"], "query"),
    ],
  });
  const ranker = model({
    inputs: rankerInputs(dim, dim),
    outputs: [value("logit", ["N", 1])],
    constants: [floats("weights", [FEATURES.length, 1], weights), integers("axis_0", [0])],
    nodes: [
      node("ReduceSum", ["state", "axis_0"], "sum"),
      node("Transpose", ["sum"], "column"),
      node("MatMul", ["candidate_vector", "column"], "near"),
      node("MatMul", ["candidate_feature", "weights"], "told"),
      node("Add", ["near", "told"], "logit"),
    ],
  });
  return { encoder, ranker };
}

/** Self-attention over the events, then attention from every candidate to them, then an MLP. */
export function attentionGraphs(dim: number, options: { width?: number; hidden?: number; seed?: number } = {}): Graphs {
  const { width = 32, hidden = 64, seed = 1 } = options;
  const random = seeded(seed);
  const weight = (name: string, rows: number, columns: number) =>
    floats(
      name,
      [rows, columns],
      Float32Array.from({ length: rows * columns }, () => (random() - 0.5) / Math.sqrt(rows)),
    );
  const inner = 2 * dim;
  const encoder = model({
    inputs: encoderInputs(dim),
    outputs: [value("state", [ENCODER_EVENTS, dim]), value("query", [1, dim])],
    constants: [
      weight("wq", dim, dim),
      weight("wk", dim, dim),
      weight("wv", dim, dim),
      weight("w1", dim, inner),
      weight("w2", inner, dim),
      integers("axis_0", [0]),
      integers("axis_1", [1]),
      floats("one", [1], [1]),
      floats("far", [1], [1e9]),
    ],
    nodes: [
      node("MatMul", ["event_vector", "wq"], "q"),
      node("MatMul", ["event_vector", "wk"], "k"),
      node("MatMul", ["event_vector", "wv"], "v"),
      ...attention("q", "k", "v", "attended"),
      node("Add", ["event_vector", "attended"], "mixed"),
      node("MatMul", ["mixed", "w1"], "wide"),
      node("Relu", ["wide"], "bent"),
      node("MatMul", ["bent", "w2"], "fed"),
      node("Add", ["mixed", "fed"], "state"),
      node("ReduceMean", ["state"], "query", ints("axes", [0])),
    ],
  });
  const ranker = model({
    inputs: rankerInputs(dim, dim),
    outputs: [value("logit", ["N", 1])],
    constants: [
      weight("rq", dim, width),
      weight("rk", dim, width),
      weight("rv", dim, width),
      weight("ro", dim, width),
      weight("m1", FEATURES.length + 2 * width, hidden),
      weight("m2", hidden, 1),
      floats("one", [1], [1]),
      floats("far", [1], [1e9]),
    ],
    nodes: [
      node("MatMul", ["candidate_vector", "rq"], "q"),
      node("MatMul", ["state", "rk"], "k"),
      node("MatMul", ["state", "rv"], "v"),
      ...attention("q", "k", "v", "attended"),
      node("MatMul", ["candidate_vector", "ro"], "own"),
      node("Mul", ["attended", "own"], "met"),
      node("Concat", ["candidate_feature", "attended", "met"], "wide", int("axis", 1)),
      node("MatMul", ["wide", "m1"], "hidden"),
      node("Relu", ["hidden"], "bent"),
      node("MatMul", ["bent", "m2"], "logit"),
    ],
  });
  return { encoder, ranker };
}

/** softmax(q kᵀ + (mask − 1)·far) v */
function attention(q: string, k: string, v: string, output: string): NodeProto[] {
  return [
    node("Transpose", [k], `${output}_kt`),
    node("MatMul", [q, `${output}_kt`], `${output}_dots`),
    node("Sub", ["event_mask", "one"], `${output}_absent`),
    node("Mul", [`${output}_absent`, "far"], `${output}_barred`),
    node("Add", [`${output}_dots`, `${output}_barred`], `${output}_open`),
    node("Softmax", [`${output}_open`], `${output}_share`, int("axis", 1)),
    node("MatMul", [`${output}_share`, v], output),
  ];
}

function encoderInputs(dim: number): ValueInfoProto[] {
  return [
    value("event_vector", [ENCODER_EVENTS, dim]),
    value("event_signal", [ENCODER_EVENTS, SIGNAL_COLUMNS.length]),
    value("event_age", [ENCODER_EVENTS]),
    value("event_mask", [ENCODER_EVENTS]),
    value("context", [CONTEXT_COLUMNS.length]),
  ];
}

function rankerInputs(dim: number, state: number): ValueInfoProto[] {
  return [
    value("state", [ENCODER_EVENTS, state]),
    value("event_mask", [ENCODER_EVENTS]),
    value("candidate_vector", ["N", dim]),
    value("candidate_feature", ["N", FEATURES.length]),
    value("context", [CONTEXT_COLUMNS.length]),
  ];
}

interface GraphParts {
  readonly inputs: ValueInfoProto[];
  readonly outputs: ValueInfoProto[];
  readonly constants: TensorProto[];
  readonly nodes: NodeProto[];
}

function model({ inputs, outputs, constants, nodes }: GraphParts): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: "graph",
    input: inputs,
    output: outputs,
    initializer: constants,
    node: nodes,
  });
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: OPSET })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: IR_VERSION, opsetImport, graph }));
}

function node(opType: string, input: string[], output: string, ...attribute: ReturnType<typeof int>[]): NodeProto {
  return create(NodeProtoSchema, { name: output, opType, input, output: [output], attribute });
}

function int(name: string, i: number) {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(i) });
}

function ints(name: string, values: number[]) {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });
}

function floats(name: string, dims: number[], values: ArrayLike<number>): TensorProto {
  const floatData = Array.from(values);
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: TensorProto_DataType.FLOAT, floatData });
}

function integers(name: string, values: number[]): TensorProto {
  const int64Data = values.map(BigInt);
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    int64Data,
  });
}

/** @param shape a string is a free dimension */
function value(name: string, shape: (number | string)[]): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === "string" ? { case: "dimParam", value: size } : { case: "dimValue", value: BigInt(size) },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: TensorProto_DataType.FLOAT,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}
