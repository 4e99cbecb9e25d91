import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toBase64url } from "../../../shared/base64url.ts";
import { decodeToken, SUBJECT, subjectOf, TOKEN_BYTES } from "../../../shared/subject.ts";
import { digest } from "./support/node-runtime.ts";
import { refusal } from "./support/refusal.ts";

const token = fc.uint8Array({ minLength: TOKEN_BYTES, maxLength: TOKEN_BYTES });

test("the subject is the base32 of the first half of the token's hash", async () => {
  // head -c 32 /dev/zero | sha256sum | head -c 32 | xxd -r -p | base32
  expect(await subjectOf(new Uint8Array(TOKEN_BYTES), digest)).toBe("MZUHVLPYMK6XO3EPYGFY5H4OEA");
  expect(await subjectOf(new Uint8Array(TOKEN_BYTES).fill(1), digest)).toMatch(SUBJECT);
});

test("a token comes back from its text, which is Node's base64url", () => {
  fc.assert(
    fc.property(token, (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(decodeToken(text, "token")).toEqual(new Uint8Array(bytes));
    }),
  );
});

test("subjects of different tokens differ", async () => {
  await fc.assert(
    fc.asyncProperty(token, token, async (a, b) => {
      fc.pre(toBase64url(a) !== toBase64url(b));
      expect(await subjectOf(a, digest)).not.toBe(await subjectOf(b, digest));
    }),
    { numRuns: 50 },
  );
});

test("whatever is no token is refused with its path, and is not quoted", () => {
  const good = toBase64url(new Uint8Array(TOKEN_BYTES).fill(200));
  const spare = `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "J"}`;
  for (const bad of ["", good.slice(1), `${good}A`, `${good}=`, good.replace("y", "+"), "ü".repeat(43), spare]) {
    const error = refusal(() => decodeToken(bad, "token"));
    expect([error.code, error.path]).toEqual(["bad_value", "token"]);
    if (bad !== "") expect(error.message).not.toContain(bad.slice(0, 8));
  }
  for (const bad of [undefined, null, 7, {}, [good]]) {
    expect(refusal(() => decodeToken(bad, "token"))).toMatchObject({ code: "wrong_type", path: "token" });
  }
});
