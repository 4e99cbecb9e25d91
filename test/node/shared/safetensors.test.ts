import * as fc from "fast-check";
import { expect, test } from "vitest";
import { takeTensor } from "../../../shared/format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "../../../shared/safetensors.ts";
import type { Tensor } from "../../../shared/safetensors.ts";
import { text } from "./support/node-runtime.ts";
import { expectRefusal } from "./support/refusal.ts";

/** A file with any header, honest or not. */
function forge(header: unknown, bodyBytes: number, headerText = JSON.stringify(header)): Uint8Array {
  const json = Buffer.from(headerText.padEnd(Math.ceil(headerText.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(bodyBytes)]));
}

const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, text);

const HEADER =
  '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
  '"c":{"dtype":"U16","shape":[1],"data_offsets":[4,6]},"b":{"dtype":"U8","shape":[3],"data_offsets":[6,9]}}';
const PADDED_HEADER_BYTES = 184;
/** 1 as float32, 0x0102 as U16, then three bytes; little-endian. */
const SMALL_BODY = [0x00, 0x00, 0x80, 0x3f, 0x02, 0x01, 7, 8, 9];
const SMALL_FILE = new Uint8Array(
  Buffer.concat([
    Buffer.from([PADDED_HEADER_BYTES, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(HEADER.padEnd(PADDED_HEADER_BYTES)),
    Buffer.from(SMALL_BODY),
  ]),
);
const smallTensors = {
  b: tensor(Uint8Array.of(7, 8, 9)),
  c: tensor(Uint16Array.of(0x0102)),
  a: tensor(Float32Array.of(1)),
};

test("a small file is written byte for byte as the format says, wide tensors first", () => {
  expect(HEADER.length).toBeGreaterThan(PADDED_HEADER_BYTES - 8);
  expect(encodeSafetensors(smallTensors, { k: "v" }, text)).toEqual(SMALL_FILE);
});

test("a small file is read back with its types, shapes, values and metadata", () => {
  const { tensors, metadata } = decode(SMALL_FILE);
  expect(metadata).toEqual({ k: "v" });
  expect(Object.fromEntries(tensors)).toEqual(smallTensors);
});

const tensorArbitrary: fc.Arbitrary<Tensor> = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }))
  .chain(([rows, columns]) => {
    const length = { minLength: rows * columns, maxLength: rows * columns };
    const shaped = <T extends Tensor["data"]>(data: T): Tensor => tensor(data, [rows, columns]);
    return fc.oneof(
      fc.float32Array(length).map(shaped),
      fc.uint32Array(length).map(shaped),
      fc.uint16Array(length).map(shaped),
      fc.int8Array(length).map(shaped),
      fc.uint8Array(length).map(shaped),
    );
  });

test("any tensors and metadata survive the round trip, from any address", () => {
  const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((name) => !name.startsWith("__"));
  fc.assert(
    fc.property(
      fc.dictionary(names, tensorArbitrary, { maxKeys: 6, noNullPrototype: true }),
      fc.dictionary(names, fc.string({ unit: "grapheme" }), { maxKeys: 3, noNullPrototype: true }),
      fc.integer({ min: 0, max: 9 }),
      (tensors, metadata, shift) => {
        const file = encodeSafetensors(tensors, metadata, text);
        expect(file[0]! % 8, "the tensors start aligned").toBe(0);
        const moved = new Uint8Array(file.length + shift);
        moved.set(file, shift);
        const back = decode(moved.subarray(shift));
        expect(Object.fromEntries(back.tensors)).toEqual(tensors);
        expect(back.metadata).toEqual(metadata);
      },
    ),
  );
});

test("a Node Buffer at an odd address of its pool is read like any other", () => {
  const pool = Buffer.alloc(SMALL_FILE.length + 3);
  pool.set(SMALL_FILE, 3);
  expect(Object.fromEntries(decode(pool.subarray(3)).tensors)).toEqual(smallTensors);
});

test("an aligned file is viewed, not copied", () => {
  const { tensors } = decode(SMALL_FILE);
  for (const { data } of tensors.values()) expect(data.buffer).toBe(SMALL_FILE.buffer);
});

test("data that does not fill its shape is refused when written", () => {
  expectRefusal(() => encodeSafetensors({ a: tensor(new Float32Array(5), [2, 3]) }, {}, text), "bad_value", "a");
});

test("a file cut off at any byte is refused with a path", () => {
  for (let length = 0; length < SMALL_FILE.length; length++) {
    const body = length - 8 - PADDED_HEADER_BYTES;
    const tornTensor = body < 4 ? "a" : body < 6 ? "c" : "b";
    expectRefusal(() => decode(SMALL_FILE.slice(0, length)), "bad_format", body < 0 ? "header" : tornTensor);
  }
});

test("a tail behind the tensors is refused", () => {
  expectRefusal(() => decode(new Uint8Array([...SMALL_FILE, 0])), "bad_format", "data");
});

test("every byte flip of a small file is refused or gives tensors that fill the file", () => {
  for (let at = 0; at < SMALL_FILE.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = SMALL_FILE.slice();
      damaged[at]! ^= 1 << bit;
      try {
        const { tensors } = decode(damaged);
        const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        expect(bytes).toBe(9);
      } catch (error) {
        expect(error, `byte ${at} bit ${bit}`).toMatchObject({ code: "bad_format", path: expect.any(String) });
      }
    }
  }
});

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });

test.each<[why: string, file: Uint8Array, path: string]>([
  ["a header of 2^63 bytes", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 1, 2), "header"],
  ["a header longer than any honest one", Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0, 1, 2), "header"],
  ["a header longer than the file by one byte", Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d), "header"],
  ["a header that is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), "header"],
  ["a header that is not JSON", forge(0, 0, "{,}"), "header"],
  ["a header that is a list", forge([], 0), "header"],
  ["a header that is null", forge(null, 0), "header"],
  ["a header nested too deep to print", forge(0, 0, `{"a":{"dtype":${"[".repeat(90_000)}${"]".repeat(90_000)}}}`), "a"],
  ["metadata that is a string", forge({ __metadata__: "x" }, 0), "__metadata__"],
  ["metadata that is a list", forge({ __metadata__: ["x"] }, 0), "__metadata__"],
  ["metadata with a number", forge({ __metadata__: { n: 1 } }, 0), "__metadata__.n"],
  ["a tensor that is null", forge({ a: null }, 0), "a"],
  ["a tensor that is a string", forge({ a: "F32" }, 0), "a"],
  ["an unknown type", forge({ a: entry("F64", [1], [0, 8]) }, 8), "a"],
  ["a type named like a method of objects", forge({ a: entry("toString", [1], [0, 8]) }, 8), "a"],
  ["a shape that is a number", forge({ a: entry("U8", 4, [0, 4]) }, 4), "a"],
  ["a negative shape", forge({ a: entry("U8", [-4], [0, 4]) }, 4), "a"],
  ["a fractional shape", forge({ a: entry("U8", [1.5], [0, 4]) }, 4), "a"],
  ["a shape whose product overflows", forge({ a: entry("U8", [2 ** 52, 2 ** 52, 2 ** 52], [0, 4]) }, 4), "a"],
  [
    "a shape of infinite product times nothing",
    forge(
      {
        a: entry(
          "U8",
          Array(30)
            .fill(2 ** 52)
            .concat(0),
          [0, 0],
        ),
      },
      0,
    ),
    "a",
  ],
  ["a shape smaller than its bytes", forge({ a: entry("F32", [1], [0, 8]) }, 8), "a"],
  ["a shape larger than its bytes", forge({ a: entry("F32", [3], [0, 8]) }, 8), "a"],
  ["three offsets", forge({ a: entry("U8", [4], [0, 4, 4]) }, 4), "a"],
  ["offsets that run backwards", forge({ a: entry("U8", [4], [4, 0]) }, 4), "a"],
  ["offsets beyond the file", forge({ a: entry("U8", [8], [0, 8]) }, 4), "a"],
  ["overlapping tensors", forge({ a: entry("U8", [4], [0, 4]), b: entry("U8", [4], [2, 6]) }, 6), "b"],
  ["a hole between tensors", forge({ a: entry("U8", [4], [0, 4]), b: entry("U8", [1], [5, 6]) }, 6), "b"],
  ["a hole before the first tensor", forge({ a: entry("U8", [4], [2, 6]) }, 6), "a"],
  ["a tensor no typed array can view", forge({ a: entry("U8", [1], [0, 1]), b: entry("F32", [1], [1, 5]) }, 5), "b"],
])("%s is refused with its path", (_, file, path) => {
  expectRefusal(() => decode(file), "bad_format", path);
});

test("a tensor is taken only with the type and shape that were asked for", () => {
  const file = decode(encodeSafetensors({ m: tensor(new Float32Array(6), [2, 3]) }, {}, text));
  expect(takeTensor(file, "m", "F32", [2, 3])).toHaveLength(6);
  expect(takeTensor(file, "m", "F32", [-1, 3])).toHaveLength(6);
  expectRefusal(() => takeTensor(file, "m", "U32", [2, 3]), "bad_format", "m");
  expectRefusal(() => takeTensor(file, "m", "F32", [3, 2]), "bad_format", "m");
  expectRefusal(() => takeTensor(file, "m", "F32", [6]), "bad_format", "m");
  expectRefusal(() => takeTensor(file, "absent", "F32", [2, 3]), "bad_format", "absent");
});
