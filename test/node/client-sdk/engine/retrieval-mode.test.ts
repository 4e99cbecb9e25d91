import { expect, test } from "vitest";
import { DEVICE_BUDGET_BYTES, retrievalMode } from "../../../../client-sdk/engine/retrieval-mode.ts";
import type { Consent, Retrieval } from "../../../../client-sdk/types.ts";
import type { Release } from "../../../../shared/release.ts";
import { smallRelease } from "../../../harness/small-release.ts";

const { release: small } = await smallRelease();
const { files } = small;
const large = { ...small, costs: { ...small.costs!, device: DEVICE_BUDGET_BYTES + 1 } };
/** Made before releases said what they cost. */
const largeAndOlder = {
  ...small,
  costs: undefined,
  files: { ...files, index: { ...files.index, bytes: DEVICE_BUDGET_BYTES } },
};
const CONSENTS: readonly Consent[] = ["denied", "local", "full"];

/** What each level gets, in the order denied, local, full. */
function modes(wanted: Retrieval, release: Omit<Release, "costs"> = small): string {
  return CONSENTS.map((consent) => retrievalMode(consent, wanted, release)).join(" ");
}

test("a catalogue that fits is held whole unless the app says otherwise", () => {
  expect(modes("auto")).toBe("start device device");
  expect(modes("device")).toBe("start device device");
  expect(modes("pool")).toBe("start pool pool");
  expect(modes("edge")).toBe("start device edge");
});

test.each([large, largeAndOlder])("one that does not is held in part: query vectors leave at full only", (release) => {
  expect(modes("auto", release)).toBe("start pool edge");
  expect(modes("device", release)).toBe("start device device");
  expect(modes("pool", release)).toBe("start pool pool");
  expect(modes("edge", release)).toBe("start pool edge");
});
