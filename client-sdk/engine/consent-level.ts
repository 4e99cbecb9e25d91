/**
 * What the person's consent allows just now: where candidates come from, whether anything is stored, whether anything
 * leaves. What has to be deleted when the level falls is `change-consent.ts`.
 */
import type { EngineInit } from "../messages.ts";
import type { Store } from "../storage/store.ts";
import type { Mode } from "../sync/release-in-use.ts";
import type { Release } from "../../shared/release.ts";
import type { Consent } from "../types.ts";
import { retrievalMode } from "./retrieval-mode.ts";

export interface ConsentLevel {
  readonly current: Consent;
  mode(release: Release): Mode;
  /** Whether events may leave the device. */
  readonly mayUpload: boolean;
  /** Undefined where nothing may be stored. */
  readonly store: Store | undefined;
  set(next: Consent): void;
}

export function createConsentLevel(init: Pick<EngineInit, "consent" | "retrieval">, disk: Store): ConsentLevel {
  let { consent } = init;
  return {
    get current() {
      return consent;
    },
    mode: (release) => retrievalMode(consent, init.retrieval, release),
    get mayUpload() {
      return consent === "full";
    },
    get store() {
      return consent === "denied" ? undefined : disk;
    },
    set(next) {
      consent = next;
    },
  };
}
