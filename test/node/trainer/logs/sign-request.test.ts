import { expect, test } from "vitest";
import { signRequest } from "../../../../trainer/logs/sign-request.ts";

// The examples of "Signature Calculations for the Authorization Header" in the reference of S3.
const KEY = { id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1" };
const NOW = Date.UTC(2013, 4, 24);
const HOST = "https://examplebucket.s3.amazonaws.com";

test("an object is asked for with the signature of the reference", () => {
  const { authorization, ...sent } = signRequest("GET", new URL(`${HOST}/test.txt`), KEY, NOW, { range: "bytes=0-9" });
  expect(authorization).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
  expect(sent).toEqual({
    range: "bytes=0-9",
    "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "x-amz-date": "20130524T000000Z",
  });
});

test("so is a listing, whose query is signed in the order of its names", () => {
  const { authorization } = signRequest("GET", new URL(`${HOST}/?prefix=J&max-keys=2`), KEY, NOW);
  expect(authorization).toMatch(/Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/);
});

test("a key that holds for hours sends its token, signed", () => {
  const sent = signRequest("GET", new URL(`${HOST}/test.txt`), { ...KEY, sessionToken: "token" }, NOW);
  expect(sent["x-amz-security-token"]).toBe("token");
  expect(sent["authorization"]).toContain("x-amz-date;x-amz-security-token,");
});
