/** Reads option values: numbers in range, one of a list. Errors name the option. */
import { NearfeedError } from "../../shared/errors.ts";
import type { Parser } from "../../shared/parse.ts";
import type { CommandInput } from "./command.ts";

type Values = CommandInput["values"];

export function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  if (typeof value !== "string") return undefined;
  if (value === "") throw new NearfeedError("bad_argument", `--${name} is empty`, { path: `--${name}` });
  return value;
}

export function listOption(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
}

export function integerOption(
  values: Values,
  name: string,
  range: { min: number; max: number; default: number },
): number {
  const text = textOption(values, name);
  if (text === undefined) return range.default;
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < range.min || value > range.max) {
    throw new NearfeedError(
      "bad_argument",
      `--${name} must be a whole number in ${range.min}–${range.max}, got "${text}"`,
      { path: `--${name}` },
    );
  }
  return value;
}

export function choiceOption<const T extends string>(
  values: Values,
  name: string,
  choices: readonly T[],
  fallback?: T,
): T {
  const text = textOption(values, name);
  const found = text === undefined ? fallback : choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new NearfeedError(
    "bad_argument",
    `--${name} must be one of ${choices.join(", ")}, got ${text === undefined ? "nothing" : `"${text}"`}`,
    {
      path: `--${name}`,
    },
  );
}

/** A part of a whole, written as a percentage: "10%" is .1. */
export function shareOption(values: Values, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const percent = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) : NaN;
  if (percent > 0 && percent < 100) return percent / 100;
  throw new NearfeedError("bad_argument", `--${name} must be between 0% and 100%, such as 10%, got "${text}"`, {
    path: `--${name}`,
  });
}

/** A moment as epoch ms: a date, or a date and time, of ISO 8601; UTC where no offset is given. */
export function timeOption(values: Values, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(/T.*(Z|[+-]\d\d:\d\d)$|^[^T]*$/.test(text) ? text : `${text}Z`)
    : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new NearfeedError(
    "bad_argument",
    `--${name} must be a date or a time such as 2026-05-04 or 2026-05-04T00:00+08:00, got "${text}"`,
    { path: `--${name}` },
  );
}

/** Reads an argument by a parser of `shared/`. `name` is what the message calls it. */
export function parsedArgument<T>(value: unknown, name: string, parser: Parser<T>): T {
  try {
    return parser(value, name);
  } catch (cause) {
    if (!(cause instanceof NearfeedError)) throw cause;
    throw new NearfeedError("bad_argument", cause.message, { path: name, hint: cause.hint, cause });
  }
}
