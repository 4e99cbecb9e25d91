// JSON texts that JSON.stringify cannot make: numbers beyond all bounds, keys given twice, strings that are no Unicode.

/** Stands in a value for a piece of text that is written as it is. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The text of a value that may hold raw pieces. */
export function jsonText(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Every place in a value, as a list of keys, the value itself first. */
export function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...path, key]))];
}

/** What stands at a place. */
export function valueAt(value: unknown, place: readonly string[]): unknown {
  return place.reduce((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** A copy with another value at a place; `undefined` takes it out. */
export function replacedAt(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    const index = Number(key);
    const put = replacedAt(value[index], rest, by);
    return put === undefined ? value.toSpliced(index, 1) : value.with(index, put);
  }
  return { ...(value as object), [key]: replacedAt((value as Record<string, unknown>)[key], rest, by) };
}
