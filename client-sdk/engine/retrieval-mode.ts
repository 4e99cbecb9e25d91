/** Where candidates come from, by consent, by the app's wish and by the size of a release. */
import type { Release } from "../../shared/release.ts";
import type { Mode } from "../sync/releases.ts";
import type { Consent, Retrieval } from "../types.ts";

/** Query vectors leave the device at `full` only; what is not allowed is answered by what is more private. */
export function retrievalMode(consent: Consent, wanted: Retrieval, _release: Release): Mode {
  if (consent === "denied") return "start";
  return consent === "full" && wanted === "edge" ? "edge" : "device";
}
