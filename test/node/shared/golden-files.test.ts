/** Files written by every version of every format, committed once and read for ever. A format change adds a file here. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { digest, text } from "./support/node-runtime.ts";
import { hashRows } from "../../../shared/strings-file.ts";
import { FORMATS, IDS, ROWS } from "./support/small-release.ts";

const golden = (name: string) =>
  new Uint8Array(readFileSync(new URL(`./golden/${name}-v1.safetensors`, import.meta.url)));

test.each(FORMATS)("version 1 of the $name file stays readable", ({ name, value, decode }) => {
  expect(decode(golden(name))).toEqual(value);
});

test.each(FORMATS)("the $name file is written byte for byte as version 1", ({ name, encode }) => {
  expect(encode()).toEqual(golden(name));
});

test("the hash of the rows is over lengths and bytes, so that moving a letter between ids changes it", async () => {
  expect(await hashRows(IDS, text, digest)).toBe(ROWS);
  expect(await hashRows(["ab", "c"], text, digest)).not.toBe(await hashRows(["a", "bc"], text, digest));
  expect(await hashRows(["a", "b"], text, digest)).not.toBe(await hashRows(["b", "a"], text, digest));
});
