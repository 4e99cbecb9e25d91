/**
 * Reads carried evidence where it comes from outside: from the database or from an exported profile. What is read is what
 * some signals might have left: other sums would spoil every list, or rule it, so they are refused here.
 */
import { id } from "../../shared/item.ts";
import { choleskyInPlace } from "../../shared/linear-algebra.ts";
import { array, boolean, integer, number, object, oneOf, refuse, string } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { MAX_DIM } from "../../shared/release.ts";
import { MAX_SIGNAL_WEIGHT } from "../../shared/signals.ts";
import type { StoredCarried, StoredKnown, StoredSums } from "./schema.ts";

const MAX_CATEGORIES = 65_536;
/** Authors of a long life. */
const MAX_AUTHORS = 1_000_000;
/** More than a log is ever looked back on. */
const MAX_RECENT = 2_000;
/** Rounding may leave a sum of squares a little less than one: by this part of the mean of its diagonal at most. */
const ROUNDING = 1e-9;

/** Three hundred a day for ninety years. */
const MAX_SIGNALS = 10_000_000;
/** Sums of content are of the order of those of the signals; what is far above would overflow when it is squared. */
const MAX_CONTENT = 1e12;

const count = integer({ min: 0 });
const signalCount = integer({ min: 0, max: MAX_SIGNALS });
const content = number({ min: -MAX_CONTENT, max: MAX_CONTENT });
const weight = number({ min: 0 });
const signalWeight = number({ min: 0, max: MAX_SIGNAL_WEIGHT });
/** What an event far ahead of the clock is read as need be no whole millisecond. */
const time = number({ min: 0 });
const name = string({ max: 128 });

const signal = object({
  event: id,
  item: id,
  at: time,
  target: number({ min: 0, max: 1 }),
  confidence: signalWeight,
  repel: signalWeight,
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
 * @param isWanted whether sums of so many dimensions are looked through, which takes their number cubed; of others only the
 *   form is read, and they are not to be used
 */
export function carriedParser(
  numbers: Parser<Float64Array>,
  known: Parser<StoredKnown>,
  isWanted: (dim: number) => boolean = () => true,
): Parser<StoredCarried> {
  const shape = object({ scatter: numbers, pull: numbers, weight });
  const sums: Parser<StoredSums> = (value, path) => {
    const read = shape(value, path);
    const d = read.pull.length;
    if (d > MAX_DIM) return refuse("bad_vector_length", `${path}.pull`, `1–${MAX_DIM} numbers`, d);
    if (read.scatter.length !== (d * (d + 1)) / 2) {
      return refuse("bad_vector_length", `${path}.scatter`, `${(d * (d + 1)) / 2} numbers`, read.scatter.length);
    }
    if (isWanted(d) && !isSumOfSignals(read)) return refuse("bad_value", path, "sums of signals", "others");
    return read;
  };
  const carried = object({
    version: oneOf([1], "wrong_version"),
    space: id,
    at: time,
    until: time,
    taste: sums,
    intent: sums,
    signals: signalCount,
    positives: signalCount,
    categories: array(tuple<[string, number, number]>([name, content, content]), { max: MAX_CATEGORIES }),
    authors: array(tuple<[number, number]>([count, content]), { max: MAX_AUTHORS }),
    recent: array(object({ signal, positivesAfter: count, known }), { max: MAX_RECENT }),
  });
  return (value, path) => {
    const read = carried(value, path);
    const [d, other] = [read.taste.pull.length, read.intent.pull.length];
    if (d !== other) return refuse("bad_vector_length", `${path}.intent.pull`, `${d} numbers`, other);
    const most = MAX_SIGNAL_WEIGHT * read.signals * (1 + ROUNDING);
    for (const scale of ["taste", "intent"] as const) {
      const { weight: sum } = read[scale];
      if (sum > most) return refuse("bad_value", `${path}.${scale}.weight`, `at most ${most}`, sum);
    }
    return read;
  };
}

/**
 * Whether there are signals, of targets from 0 to 1, that have these sums: whether the sums of the outer products of (v, y)
 * are positive semidefinite. Of Σ w y² nothing more is known than that it is Σ w at most.
 */
function isSumOfSignals({ scatter, pull, weight: sum }: StoredSums): boolean {
  const d = pull.length;
  const n = d + 1;
  const full = new Float64Array(n * n);
  let trace = 0;
  for (let i = 0, from = 0; i < d; from += ++i) {
    full.set(scatter.subarray(from, from + i + 1), i * n);
    trace += full[i * n + i]!;
  }
  full.set(pull, d * n);
  // Nothing at all is a sum, too.
  const ridge = ROUNDING * (trace / d) || Number.MIN_VALUE;
  for (let i = 0; i < d; i++) full[i * n + i]! += ridge;
  full[d * n + d] = sum + (ROUNDING * sum || Number.MIN_VALUE);
  return choleskyInPlace(full, n);
}
