// The Range header (RFC 9110 §14): one range of bytes. Several ranges, other units and malformed values are ignored, as
// the RFC allows; then the whole artifact is sent.

/** Bytes `offset` to `offset + length`. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** The range that is asked for, null for all of it, "unsatisfiable" when no byte of it exists. */
export function parseRange(header: string | null, size: number): ByteRange | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (match === null) return null;
  const [, first, last] = match;
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), size); // the last so many bytes
    if (length === 0) return "unsatisfiable";
    return { offset: size - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return null;
  if (offset >= size) return "unsatisfiable";
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return { offset, length: end - offset };
}
