/**
 * Writes an ONNX graph node by node. Knows tensors, nodes and the file format, and no network.
 *
 * Names are counted up, never random: the same calls give the same bytes.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";

/** The name of a value inside the graph. */
export type Value = string;
export type Attribute = number | { readonly float: number } | readonly number[];
/** A number is a fixed size, a string the name of one that the caller chooses. */
export type Dimension = number | string;

export interface OnnxWriter {
  /** A float input of the graph. */
  input(name: string, shape: readonly Dimension[]): Value;
  /** Marks a value as an output of the graph, under this name. */
  output(name: string, value: Value, shape: readonly Dimension[]): void;
  float(values: Float32Array | readonly number[], shape: readonly number[]): Value;
  integers(values: readonly number[]): Value;
  node(operator: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>): Value;
  bytes(): Uint8Array;
}

/** Operator set 17 is the first with LayerNormalization; IR 8 is the version of its time. */
const OPERATOR_SET = 17n;
const IR_VERSION = 8n;

export function createOnnxWriter(name: string): OnnxWriter {
  const nodes: NodeProto[] = [];
  const constants: TensorProto[] = [];
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  let count = 0;
  const fresh = (kind: string) => `${kind.toLowerCase()}_${count++}`;
  const add = (
    operator: string,
    from: readonly Value[],
    to: Value,
    attributes: Readonly<Record<string, Attribute>>,
  ) => {
    nodes.push(
      create(NodeProtoSchema, {
        name: to,
        opType: operator,
        input: [...from],
        output: [to],
        attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      }),
    );
    return to;
  };
  return {
    input(inputName, shape) {
      inputs.push(valueInfo(inputName, shape));
      return inputName;
    },
    output(outputName, value, shape) {
      outputs.push(valueInfo(outputName, shape));
      add("Identity", [value], outputName, {});
    },
    float(values, shape) {
      const constant = fresh("constant");
      const raw = Float32Array.from(values);
      constants.push(tensorProto(constant, TensorProto_DataType.FLOAT, shape, new Uint8Array(raw.buffer)));
      return constant;
    },
    integers(values) {
      const constant = fresh("constant");
      const raw = BigInt64Array.from(values, BigInt);
      constants.push(tensorProto(constant, TensorProto_DataType.INT64, [values.length], new Uint8Array(raw.buffer)));
      return constant;
    },
    node(operator, from, attributes = {}) {
      return add(operator, from, fresh(operator), attributes);
    },
    bytes() {
      const graph = create(GraphProtoSchema, {
        name,
        node: nodes,
        initializer: constants,
        input: inputs,
        output: outputs,
      });
      const opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: OPERATOR_SET })];
      const model = create(ModelProtoSchema, { irVersion: IR_VERSION, producerName: "nearfeed", opsetImport, graph });
      return toBinary(ModelProtoSchema, model);
    },
  };
}

function tensorProto(
  name: string,
  dataType: TensorProto_DataType,
  shape: readonly number[],
  rawData: Uint8Array<ArrayBuffer>,
) {
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
}

function valueInfo(name: string, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === "number" ? { case: "dimValue", value: BigInt(size) } : { case: "dimParam", value: size },
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

function attribute(name: string, value: Attribute) {
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}
