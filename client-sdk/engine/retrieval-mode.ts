/** Where candidates come from, by consent, by the app's wish and by the size of a release. */
import type { Release } from "../../shared/release.ts";
import type { Mode } from "../sync/release-in-use.ts";
import type { Consent, Retrieval } from "../types.ts";

/** A catalogue that a phone on a metered line may fetch once a release without being asked. */
export const DEVICE_BUDGET_BYTES = 10_000_000;

/** Query vectors leave the device at `full` only; where they may not, `edge` is read as `auto`. */
export function retrievalMode(consent: Consent, wanted: Retrieval, release: Release): Mode {
  if (consent === "denied") return "start";
  if (wanted === "device" || wanted === "pool") return wanted;
  if (wanted === "edge" && consent === "full") return "edge";
  if (catalogueBytes(release) <= DEVICE_BUDGET_BYTES) return "device";
  return consent === "full" ? "edge" : "pool";
}

/** What the whole catalogue costs to fetch; older releases do not say it. */
function catalogueBytes({ files, costs }: Release): number {
  return (
    costs?.device ??
    [files.index, files.ids, files.catalog, files.neighbours].reduce((sum, { bytes }) => sum + bytes, 0)
  );
}
