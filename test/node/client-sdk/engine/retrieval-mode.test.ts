import { expect, test } from "vitest";
import { DEVICE_BUDGET_BYTES, retrievalMode } from "../../../../client-sdk/engine/retrieval-mode.ts";
import type { Consent, Retrieval } from "../../../../client-sdk/types.ts";
import { smallRelease } from "../../../harness/small-release.ts";

const { release: small } = await smallRelease();
const { files } = small;
const large = { ...small, files: { ...files, index: { ...files.index, bytes: DEVICE_BUDGET_BYTES } } };
const CONSENTS: readonly Consent[] = ["denied", "local", "full"];

/** What each level gets, in the order denied, local, full. */
function modes(wanted: Retrieval, release = small): string {
  return CONSENTS.map((consent) => retrievalMode(consent, wanted, release)).join(" ");
}

test("a catalogue that fits is held whole unless the app says otherwise", () => {
  expect(modes("auto")).toBe("start device device");
  expect(modes("device")).toBe("start device device");
  expect(modes("pool")).toBe("start pool pool");
  expect(modes("edge")).toBe("start device edge");
});

test("one that does not is held in part: query vectors leave at full only", () => {
  expect(modes("auto", large)).toBe("start pool edge");
  expect(modes("device", large)).toBe("start device device");
  expect(modes("pool", large)).toBe("start pool pool");
  expect(modes("edge", large)).toBe("start pool edge");
});
