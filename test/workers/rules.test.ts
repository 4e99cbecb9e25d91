import { reset } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import { parseManifest } from "../../shared/protocol.ts";
import { MAX_RULES } from "../../shared/rules.ts";
import type { Rule } from "../../shared/rules.ts";
import { smallRelease } from "../harness/small-release.ts";
import { activate, call, expectError, goLive, publish, publisher } from "./edge.ts";

beforeEach(reset);

const one = await smallRelease({ createdAt: 1 });
const two = await smallRelease({ createdAt: 2, seed: 2 });
const LATER = 8e12;

async function setRules(rules: unknown, sequence: number): Promise<Response> {
  const body = JSON.stringify({ action: "rules", rules, expect: sequence });
  return publisher("/v1/channels/stable", { method: "POST", body, headers: { "Content-Type": "application/json" } });
}

async function served(): Promise<{ release: string; rules: readonly Rule[] | undefined }> {
  const { channel } = parseManifest(await (await call("/v1/manifest")).json());
  return { release: channel.release, rules: channel.rules };
}

test("rules are served with the manifest, stay when the release changes, and go when none are given", async () => {
  await goLive(one);
  expect(await served()).toEqual({ release: one.release.id, rules: undefined });
  const rules: Rule[] = Array.from({ length: MAX_RULES }, (_, i) => ({
    kind: "pin",
    item: `${i}-`.padEnd(128, "x"),
    surface: "home",
    until: LATER,
    position: i,
  }));
  expect((await setRules(rules, 1)).status).toBe(200);
  await publish(two);
  await activate(two.release.id, 2);
  expect(await served()).toEqual({ release: two.release.id, rules });
  expect((await setRules([], 3)).status).toBe(200);
  expect(await served()).toEqual({ release: two.release.id, rules: undefined });
});

test("rules are refused where one is malformed, without a channel, and on another state of it", async () => {
  expect(await expectError(await setRules([], 0), 404, "unknown_channel")).toBeUndefined();
  await goLive(one);
  expect(await expectError(await setRules([{ kind: "bury", until: 1 }], 1), 400, "bad_value")).toBe("rules[0]");
  expect(await expectError(await setRules([], 7), 409, "sequence_conflict")).toBe("expect");
  expect((await served()).rules).toBeUndefined();
});
