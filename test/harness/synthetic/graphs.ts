/**
 * Encoder and ranker graphs with the inputs and outputs of a release's models, simple enough to be
 * recomputed by hand. What they compute means nothing.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
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

function node(opType: string, input: string[], output: string): NodeProto {
  return create(NodeProtoSchema, { name: output, opType, input, output: [output] });
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
