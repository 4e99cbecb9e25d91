import { expect, test } from "vitest";
import { createRecommender, NearfeedError } from "../../client-sdk/index.ts";
import type { Options } from "../../client-sdk/index.ts";

const endpoint = "https://edge.test";
const NAMES = [
  "publicKey",
  "channel",
  "language",
  "region",
  "namespace",
  "verifyKey",
  "assets",
  "wasmPaths",
  "endpoint",
  "consent",
  "retrieval",
  "worker",
  "now",
  "random",
  "fetch",
] as const;

const boom = () => {
  throw new TypeError("the app's own");
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** No option takes any of them. */
const WRONG: readonly (readonly [string, () => unknown])[] = [
  ["null", () => null],
  ["NaN", () => NaN],
  ["a number", () => 7],
  ["a bigint", () => 7n],
  ["true", () => true],
  ["a symbol", () => Symbol("option")],
  ["the empty string", () => ""],
  ["an array", () => ["local"]],
  ["an object", () => ({})],
  ["an object without a prototype", () => Object.create(null) as unknown],
  ["an object that only looks like a URL", () => Object.create(URL.prototype) as unknown],
  ["an object that cannot be written out", () => ({ toString: boom, valueOf: boom, [Symbol.toPrimitive]: boom })],
  ["a proxy that throws", () => new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom })],
  ["a proxy that was revoked", () => revoked.proxy],
  ["a string of a megabyte with a lone surrogate", () => "\ud800".repeat(1 << 20)],
];

function refusal(options: unknown): unknown {
  try {
    createRecommender(options as Options);
  } catch (error) {
    return error;
  }
  return undefined;
}

test.for(NAMES)("%s as anything that it is not is refused with its path", (name) => {
  for (const [what, value] of WRONG) {
    const error = refusal({ endpoint, [name]: value() });
    // A folder may have any name.
    if (error === undefined && ["assets", "wasmPaths", "endpoint"].includes(name) && typeof value() === "string")
      continue;
    expect(error, what).toBeInstanceOf(NearfeedError);
    expect(error, what).toMatchObject({ code: "bad_option", path: name });
    expect((error as NearfeedError).message.length, "the message does not repeat a megabyte").toBeLessThan(1_000);
  }
});

test.for(NAMES)("an option %s that throws when it is read is refused with its path", (name) => {
  const options = Object.defineProperty({ endpoint }, name, { get: boom, enumerable: true });
  const error = refusal(options);
  expect(error).toBeInstanceOf(NearfeedError);
  expect(error).toMatchObject({ code: "bad_option", path: name });
});

test.for([
  ["a proxy that throws", new Proxy({}, { get: boom, ownKeys: boom })],
  ["a proxy that was revoked", revoked.proxy],
  ["an array", []],
  ["a function", () => {}],
  ["a string", endpoint],
  ["a symbol", Symbol("options")],
] as const)("options that are %s are refused", ([, options]) => {
  const error = refusal(options);
  expect(error).toBeInstanceOf(NearfeedError);
  expect(error).toMatchObject({ code: "bad_option" });
});

test("every unknown name is refused, also those that every object has", () => {
  for (const name of ["toString", "constructor", "hasOwnProperty", "Endpoint", "", "\u0000", "öffnen"]) {
    expect(refusal({ endpoint, [name]: 1 })).toMatchObject({ code: "bad_option", path: name });
  }
  const own = Object.defineProperty({ endpoint }, "__proto__", { value: 1, enumerable: true });
  expect(refusal(own)).toMatchObject({ code: "bad_option", path: "__proto__" });
});

test("frozen options, options without a prototype and options of a class are taken", async () => {
  class Settings {
    get endpoint() {
      return endpoint;
    }
    get consent() {
      return "local" as const;
    }
  }
  const bare = Object.assign(Object.create(null) as Options, { endpoint, consent: "local" });
  for (const options of [Object.freeze({ endpoint, consent: "local" } as const), bare, new Settings()]) {
    const recommender = createRecommender(options);
    expect(recommender.consent).toBe("local");
    await recommender.close();
  }
});

test("an option is read once: what was checked is what is used", async () => {
  let reads = 0;
  const options = {
    endpoint,
    get consent(): "local" {
      if (reads++ > 0) throw new Error("read twice");
      return "local";
    },
  };
  const recommender = createRecommender(options);
  expect(recommender.consent).toBe("local");
  await recommender.close();
});
