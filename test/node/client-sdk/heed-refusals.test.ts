import { expect, test } from "vitest";
import { heedRefusals } from "../../../client-sdk/sync/heed-refusals.ts";

/** An edge that answers with these statuses in turn, the last one for ever. */
function asked(statuses: readonly number[], retryAfter: string | null) {
  const lines: string[] = [];
  let now = 0;
  const send = heedRefusals(
    async (url, { method }) => {
      lines.push(`${method} ${url}`);
      return { status: statuses[Math.min(lines.length, statuses.length) - 1]!, retryAfter, bytes: new Uint8Array(0) };
    },
    () => now,
  );
  const post = async (url: string) => (await send(url, { method: "POST", cache: "no-store" })).status;
  return { lines, post, wait: (ms: number) => (now += ms) };
}

test("who was told to wait is not asked again before, and the answer is the same until then", async () => {
  const { lines, post, wait } = asked([200, 429, 200], "60");
  expect([await post("/a"), await post("/a"), await post("/a")]).toEqual([200, 429, 429]);
  wait(59_999);
  expect([await post("/a"), lines.length]).toEqual([429, 2]);
  wait(1);
  expect([await post("/a"), lines.length]).toEqual([200, 3]);
  expect(await post("/a")).toBe(200);
});

test("other addresses are asked meanwhile", async () => {
  const { lines, post } = asked([429, 200], "60");
  expect([await post("/a"), await post("/b"), await post("/a")]).toEqual([429, 200, 429]);
  expect(lines).toEqual(["POST /a", "POST /b"]);
});

test.each([[null], [""], ["Wed, 21 Oct 2026 07:28:00 GMT"], ["-5"]])(
  "a wait of %j is none, and whoever asks keeps their own",
  async (retryAfter) => {
    const { lines, post } = asked([429], retryAfter);
    await post("/a");
    await post("/a");
    expect(lines).toHaveLength(2);
  },
);

test("nobody is believed who asks for more than an hour", async () => {
  const { lines, post, wait } = asked([429, 200], "1e9");
  await post("/a");
  wait(3_600_000);
  expect([await post("/a"), lines.length]).toEqual([200, 2]);
});

test("a refusal that is no 429 is asked about again", async () => {
  const { lines, post } = asked([503], "60");
  await post("/a");
  await post("/a");
  expect(lines).toHaveLength(2);
});
