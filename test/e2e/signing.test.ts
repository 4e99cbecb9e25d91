// Signed releases through the command line and a real edge: what a publisher signs is what a device checks.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTrust } from "../../client-sdk/sync/trust.ts";
import { parseManifest, ROUTES, type Manifest } from "../../shared/protocol.ts";
import { releaseFiles } from "../../shared/release.ts";
import { smallRelease } from "../harness/small-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { stack } from "./stack.ts";

/** A channel of its own: the other tests follow `stable`. */
const CHANNEL = "signed";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function manifest(): Promise<Manifest> {
  return parseManifest(await (await fetch(stack.url + ROUTES.manifest(CHANNEL))).json());
}

/** Writes a release folder. @returns the release's id and the folder */
async function written(seed: number): Promise<{ id: string; place: string }> {
  const { release, json, blobs } = await smallRelease({ seed });
  const place = join(folder, String(seed));
  await mkdir(place);
  for (const { name, sha256 } of releaseFiles(release)) await writeFile(join(place, name), blobs.get(sha256)!);
  await writeFile(join(place, "release.json"), json);
  return { id: release.id, place };
}

test("a device with the printed key takes what was published, activated and rolled back with the key, and nothing else", async () => {
  const [first, second] = [await written(51), await written(52)];
  const [path, other] = [join(folder, "key.pem"), join(folder, "other.pem")];
  const verifyKey = /verifyKey: "([^"]+)"/.exec(await nearfeed(["keygen", path], stack))![1]!;
  await nearfeed(["keygen", other], stack);
  await expect(nearfeed(["keygen", path], stack)).rejects.toThrow("is there already");
  const trust = createTrust({ verifyKey, ed25519Url: "", store: () => undefined, now: Date.now });
  const run = (...args: string[]) => nearfeed([...args, "--channel", CHANNEL], stack);

  await run("publish", first.place, "--sign-key", path);
  await trust.check(await manifest());
  await run("publish", second.place, "--sign-key", path);
  const published = await manifest();
  await trust.check(published);
  expect(published.channel).toMatchObject({ release: second.id, previous: first.id, sequence: 2 });

  await run("rollback", "--sign-key", path);
  const rolledBack = await manifest();
  await trust.check(rolledBack);
  expect(rolledBack.channel).toMatchObject({ release: first.id, previous: second.id, sequence: 3 });
  await expect(trust.check(published)).rejects.toMatchObject({ code: "replayed_channel" });

  await expect(run("rollback")).rejects.toThrow("--sign-key");
  expect(await manifest()).toEqual(rolledBack);

  const rules = join(folder, "rules.json");
  const bury = { kind: "bury", category: "Horror", until: 8e12 };
  await writeFile(rules, JSON.stringify([bury]));
  await expect(run("rules", rules)).rejects.toThrow("--sign-key");
  const asked = { action: "rules", rules: [bury], expect: 3 };
  const answer = await fetch(stack.url + ROUTES.channel(CHANNEL), {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${stack.secret}` },
    body: JSON.stringify(asked),
  });
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: { code: "missing_field", path: "channel" } },
  ]);
  expect(await manifest()).toEqual(rolledBack);
  await run("rules", rules, "--sign-key", path);
  const ruled = await manifest();
  await trust.check(ruled);
  expect(ruled.channel).toMatchObject({ release: first.id, rules: [bury], sequence: 4 });
  expect(await run("rules")).toContain("1 rules on channel signed (sequence 4)");
  await writeFile(rules, JSON.stringify([{ ...bury, kind: "ban" }]));
  await expect(run("rules", rules, "--sign-key", path)).rejects.toThrow("rules.json");

  await run("activate", second.id, "--sign-key", other);
  await expect(trust.check(await manifest())).rejects.toMatchObject({ code: "bad_signature", path: "channel.signed" });
});
