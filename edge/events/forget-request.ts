// The body of `POST /v1/forget`.

import { object, taking } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { decodeToken } from "../../shared/subject.ts";

/** 32 bytes as base64url; the last character carries four bits. */
const TOKEN = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

const token: Parser<Uint8Array> = taking(
  (value, path) => decodeToken(value, path),
  "matching",
  TOKEN,
  "32 bytes as 43 characters of base64url",
);

/** Parses the body. */
export const forgetRequest = object({ token });
