/**
 * Reads carried evidence where it comes from outside: from the database or from an exported profile. What is read can be
 * solved: sums that are no sums of squares would spoil every list, so they are refused here.
 */
import { id } from "../../shared/item.ts";
import { choleskyInPlace } from "../../shared/linear-algebra.ts";
import { array, boolean, integer, number, object, oneOf, refuse, string } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import type { StoredCarried, StoredKnown, StoredSums } from "./schema.ts";

const MAX_CATEGORIES = 65_536;
/** Authors of a long life. */
const MAX_AUTHORS = 1_000_000;
/** More than a log is ever looked back on. */
const MAX_RECENT = 2_000;
/** Rounding may leave a sum of squares a little less than one: by this part of the mean of its diagonal at most. */
const ROUNDING = 1e-9;

const count = integer({ min: 0 });
const finite = number();
const weight = number({ min: 0 });
/** What an event far ahead of the clock is read as need be no whole millisecond. */
const time = number({ min: 0 });
const name = string({ max: 128 });

const signal = object({
  event: id,
  item: id,
  at: time,
  target: finite,
  confidence: weight,
  repel: weight,
  explicit: boolean,
});

/** An array of exactly these entries. */
function tuple<T extends readonly unknown[]>(entries: { readonly [K in keyof T]: Parser<T[K]> }): Parser<T> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== entries.length) {
      return refuse("wrong_type", path, `an array of ${entries.length}`, value);
    }
    return entries.map((entry, i) => entry(value[i], `${path}[${i}]`)) as unknown as T;
  };
}

/**
 * @param numbers reads an array of finite float64, which has another form in an export
 * @param known reads what was known of an item
 */
export function carriedParser(numbers: Parser<Float64Array>, known: Parser<StoredKnown>): Parser<StoredCarried> {
  const shape = object({ scatter: numbers, pull: numbers, weight });
  const sums: Parser<StoredSums> = (value, path) => {
    const read = shape(value, path);
    const d = read.pull.length;
    if (read.scatter.length !== (d * (d + 1)) / 2) {
      return refuse("bad_vector_length", `${path}.scatter`, `${(d * (d + 1)) / 2} numbers`, read.scatter.length);
    }
    if (!isSumOfSquares(read.scatter, d)) return refuse("bad_value", `${path}.scatter`, "a sum of squares", "another");
    return read;
  };
  const carried = object({
    version: oneOf([1], "wrong_version"),
    space: id,
    at: time,
    until: time,
    taste: sums,
    intent: sums,
    signals: count,
    positives: count,
    categories: array(tuple<[string, number, number]>([name, finite, finite]), { max: MAX_CATEGORIES }),
    authors: array(tuple<[number, number]>([count, finite]), { max: MAX_AUTHORS }),
    recent: array(object({ signal, positivesAfter: count, known }), { max: MAX_RECENT }),
  });
  return (value, path) => {
    const read = carried(value, path);
    const [d, other] = [read.taste.pull.length, read.intent.pull.length];
    return d === other ? read : refuse("bad_vector_length", `${path}.intent.pull`, `${d} numbers`, other);
  };
}

function isSumOfSquares(triangle: Float64Array, d: number): boolean {
  const full = new Float64Array(d * d);
  let trace = 0;
  for (let i = 0, from = 0; i < d; from += ++i) {
    full.set(triangle.subarray(from, from + i + 1), i * d);
    trace += full[i * d + i]!;
  }
  // Nothing at all is a sum, too.
  const ridge = ROUNDING * (trace / d) || Number.MIN_VALUE;
  for (let i = 0; i < d; i++) full[i * d + i]! += ridge;
  return choleskyInPlace(full, d);
}
