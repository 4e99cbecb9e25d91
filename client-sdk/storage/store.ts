/**
 * The device's store. No operation throws: where IndexedDB is absent, full or damaged, reading answers "nothing there",
 * writing does nothing, and the failure is reported once. The engine then goes on in memory.
 */
import type { NearfeedError } from "../../shared/errors.ts";
import { createConnection } from "./connection.ts";
import { createFileStore } from "./files.ts";
import type { FileStore } from "./files.ts";
import { createLogStore } from "./log.ts";
import type { LogStore } from "./log.ts";
import { createOutboxStore } from "./outbox.ts";
import type { OutboxStore } from "./outbox.ts";
import { createStateStore } from "./state.ts";
import type { StateStore } from "./state.ts";

export interface Store extends Omit<LogStore, "retry" | "forget">, OutboxStore, FileStore, StateStore {
  /** True after an erasure, until something of the person is written again. Meanwhile everything else is a no-op. */
  readonly dormant: boolean;
  /** True where `onErased` is called for an erasure by another tab, or has been for the last one. */
  readonly tellsOfErasure: boolean;
  /** Deletes the database; nothing brings it back but what is written of the person. @returns false where that failed */
  erase(): Promise<boolean>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly onError: (error: NearfeedError) => void;
  /** Another tab has deleted the database. */
  readonly onErased: () => void;
}

/** Opens nothing yet: the first operation does. */
export function createStore(namespace: string, { onError, onErased }: StoreOptions): Store {
  const connection = createConnection(namespace, {
    onError,
    onErased() {
      log.forget();
      onErased();
    },
    onLate: () => log.retry(),
  });
  const log = createLogStore(connection);
  return {
    get dormant() {
      return connection.dormant;
    },
    get tellsOfErasure() {
      return connection.tellsOfErasure;
    },
    ...log,
    ...createOutboxStore(connection),
    ...createFileStore(connection),
    ...createStateStore(connection),
    erase() {
      log.forget();
      return connection.erase();
    },
    close: connection.close,
  };
}
