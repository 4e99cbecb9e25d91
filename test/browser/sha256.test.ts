import { expect, test } from "vitest";
import { sha256InScript } from "../../client-sdk/sha256.ts";

test("the script's SHA-256 is the browser's, for every length around a block and for a file", async () => {
  const lengths = [...Array(200).keys(), 65_536, 300_001];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    expect([...sha256InScript(bytes)]).toEqual([...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]);
  }
});
