// Every way in which one thing of a valid request is wrong: each field of another type, size, space or version; absent,
// twice, huge or no text; each part of the address, the method and the headers likewise.

import type { Random } from "../../../shared/runtime.ts";
import { text } from "../small-release.ts";
import { jsonText, placesOf, RawJson, replacedAt, valueAt } from "./json-text.ts";
import type { ValidRequest } from "./valid-requests.ts";
import { wireOf } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

/** Longer than every limit of a string, and than every list that the edge takes. */
const LONG = 5_000;
const DEPTH = 500;
/** Beyond the body of every JSON route but a release. */
const HUGE_CHARS = 300_000;

/** Values of other types and sizes than any field wants; of a right type they are mostly out of its range. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  "",
  "x",
  " de ",
  "other-space",
  "toString",
  "__proto__",
  "\u0000",
  "\u202e",
  "x".repeat(LONG),
  "ü".repeat(130),
  new RawJson('"\\ud800"'),
  0,
  -1,
  0.5,
  2,
  99,
  1e308,
  2 ** 53,
  new RawJson("-0"),
  new RawJson("1e999"),
  new RawJson("-1e999"),
  new RawJson("1e-999"),
  [],
  {},
  [[]],
  [null],
  Array<number>(LONG).fill(0),
  Array<string>(LONG).fill("x"),
  new RawJson("[".repeat(DEPTH) + "]".repeat(DEPTH)),
  new RawJson('{"__proto__":{"polluted":true}}'),
  new RawJson('{"constructor":{"prototype":{}}}'),
];

/** Parts of an address that no parameter wants. */
export const ODD_SEGMENTS: readonly string[] = [
  "",
  ".",
  "..",
  "%2e%2e",
  "%2f",
  "%00",
  "%ff",
  "%",
  "%zz",
  "%e2%82",
  "-1",
  "1.5",
  "1e3",
  "99999999999999999999",
  "__proto__",
  "constructor",
  "stable",
  "retrieve",
  "x",
  "ü",
  "\u00ff",
  "%20",
  "*",
  "0".repeat(32),
  "0".repeat(64),
  "f".repeat(64).toUpperCase(),
  "x".repeat(LONG),
];

const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ["Authorization", ""],
  ["Authorization", "Bearer"],
  ["Authorization", "Bearer wrong"],
  ["Authorization", "Basic dGVzdA=="],
  ["Authorization", `Bearer ${"x".repeat(LONG)}`],
  ["Authorization", "Bearer \u00ff"],
  ["Content-Type", "image/png"],
  ["Content-Type", ""],
  ["Content-Type", "application/json; charset=utf-16"],
  ["Content-Encoding", "gzip"],
  ["Content-Encoding", "identity"],
  ["Origin", "https://elsewhere.test"],
  ["Origin", "null"],
  ["If-None-Match", "*"],
  ["If-None-Match", 'W/"x", "'],
  ["If-Range", '"x"'],
  ["Range", "bytes=0-0"],
  ["Range", "bytes=-0"],
  ["Range", "bytes=9-2"],
  ["Range", "bytes=99999999999999999999-"],
  ["Range", "bytes=0-1,3-4"],
  ["Range", "items=0-1"],
  ["Accept", "\u00ff"],
  ["Access-Control-Request-Method", "DELETE"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["Expect", "100-continue"],
  ["Cookie", "x".repeat(LONG)],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** All of them, of one request. */
export function* mutationsOf(valid: ValidRequest, secret: string): Generator<WireRequest> {
  const wire = wireOf(valid, secret);
  yield* otherAddresses(valid, wire, secret);
  yield* otherQueries(valid, wire);
  for (const method of METHODS) if (method !== wire.method) yield { ...wire, method };
  for (const [name, value] of ODD_HEADERS) {
    yield { ...wire, headers: [...wire.headers.filter(([other]) => other !== name), [name, value]] };
  }
  yield { ...wire, headers: [] };
  if (wire.body === undefined) {
    yield { ...wire, body: text.encode("{}") };
    return;
  }
  yield* otherBytes(wire, wire.body);
  if (valid.body instanceof Uint8Array) return;
  for (const body of otherValues(valid.body)) yield { ...wire, body: text.encode(body) };
}

function* otherAddresses(valid: ValidRequest, wire: WireRequest, secret: string): Generator<WireRequest> {
  for (let at = 0; at < valid.parameters.length; at++) {
    const marked = wireOf({ ...valid, parameters: valid.parameters.with(at, "MARK") }, secret);
    for (const odd of ODD_SEGMENTS) yield { ...marked, target: marked.target.replace("MARK", odd) };
  }
  const [path, query = ""] = wire.target.split("?") as [string, string?];
  for (const tail of ["/", "//", "/x", ";x", "%00", "#x"]) yield { ...wire, target: `${path}${tail}?${query}` };
  yield { ...wire, target: `/${path}` };
  yield { ...wire, target: path.toUpperCase() };
}

function* otherQueries({ query = {} }: ValidRequest, wire: WireRequest): Generator<WireRequest> {
  const [path] = wire.target.split("?") as [string];
  const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const withPairs = (more: readonly string[]): WireRequest => ({ ...wire, target: `${path}?${more.join("&")}` });
  for (const junk of ["x=1", "=", "&", "?", "%ff=%ff", "__proto__=1", `x=${"x".repeat(LONG)}`, "a[b]=c", "channel"]) {
    yield withPairs([...pairs, junk]);
  }
  for (let at = 0; at < pairs.length; at++) {
    const key = Object.keys(query)[at]!;
    yield withPairs(pairs.toSpliced(at, 1));
    yield withPairs([...pairs, pairs[at]!]);
    yield withPairs([...pairs, `${key}=x`]);
    for (const odd of ODD_SEGMENTS) yield withPairs(pairs.with(at, `${key}=${odd}`));
  }
}

function* otherBytes(wire: WireRequest, body: Uint8Array): Generator<WireRequest> {
  const half = body.length >> 1;
  yield { ...wire, body: new Uint8Array() };
  yield { ...wire, body: body.slice(0, half) };
  yield { ...wire, body: new Uint8Array([...body, 0]) };
  yield { ...wire, body: new Uint8Array([0xef, 0xbb, 0xbf, ...body]) };
  yield { ...wire, body: new Uint8Array([0xff, 0xfe, ...body]) };
  yield { ...wire, body: body.with(half, 0xff) };
  yield { ...wire, body: body.with(half, 0) };
  yield { ...wire, body: text.encode(" ".repeat(HUGE_CHARS)) };
  yield { ...wire, body: text.encode('"'.padEnd(HUGE_CHARS, "x")) };
  yield { ...wire, body, chunked: true };
  yield { ...wire, body: text.encode("[".repeat(HUGE_CHARS)) };
}

/** Every place of a JSON value: other values, absent, twice, and one field too many. */
function* otherValues(value: unknown): Generator<string> {
  for (const place of placesOf(value)) {
    for (const odd of ODD_VALUES) yield jsonText(replacedAt(value, place, odd));
    if (place.length > 0) yield jsonText(replacedAt(value, place, undefined));
    const here = valueAt(value, place);
    if (Array.isArray(here)) {
      yield jsonText(replacedAt(value, place, Array<unknown>(LONG).fill(here[0])));
      yield jsonText(replacedAt(value, place, [...here, null]));
      yield jsonText(replacedAt(value, place, [...(here as unknown[]), ...(here as unknown[])]));
    } else if (typeof here === "object" && here !== null) {
      for (const added of ["x", "toString", "__proto__"]) {
        yield jsonText(replacedAt(value, place, new RawJson(jsonText(here).replace(/^\{/, `{"${added}":1,`))));
      }
      for (const key of Object.keys(here)) {
        // The last one counts; the first one must not be what is checked.
        const twice = jsonText(here)
          .replace(/^\{/, `{${JSON.stringify(key)}:null,`)
          .replace(/\}$/, `,"${key}":0}`);
        yield jsonText(replacedAt(value, place, new RawJson(twice)));
      }
    }
  }
}

/** Several things wrong at once, drawn at random. */
export function mixedMutation(valid: ValidRequest, secret: string, random: Random): WireRequest {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const chance = (share: number) => random() < share;
  const at = Math.floor(random() * valid.parameters.length);
  const isMoved = valid.parameters.length > 0 && chance(0.2);
  const parameters = isMoved ? valid.parameters.with(at, pick(ODD_SEGMENTS)) : valid.parameters;
  let { body } = valid;
  if (body !== undefined && !(body instanceof Uint8Array)) {
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
      body = replacedAt(body, pick(placesOf(body)), chance(0.15) ? undefined : pick(ODD_VALUES));
    }
  }
  const wire = wireOf({ ...valid, parameters, body }, secret);
  const headers = chance(0.2) ? [...wire.headers, pick(ODD_HEADERS)] : wire.headers;
  if (wire.body === undefined || !chance(0.4)) return { ...wire, headers };
  return { ...wire, headers, body: damaged(wire.body, random) };
}

/** A few bytes somewhere, in the place of a few others. */
function damaged(body: Uint8Array, random: Random): Uint8Array {
  const from = Math.floor(random() * (body.length + 1));
  const bytes = Array.from({ length: Math.floor(random() * 8) }, () => Math.floor(random() * 256));
  const left = Math.floor(random() * 8);
  return new Uint8Array([...body.subarray(0, from), ...bytes, ...body.subarray(from + left)]);
}
