// Durable Objects that count what they are billed for: alarms, and rows read and written. Calls are counted where they are
// made.

import type { DurableObject } from "cloudflare:workers";
import type { EdgeEnv } from "../../../edge/index.ts";
import { meteredEnv } from "./env.ts";
import { beforeReading, meter } from "./meter.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a mixin's constructor takes any[], says the language
type ObjectClass = new (...given: any[]) => DurableObject<EdgeEnv>;

/** Cursors say how many rows they have read once they have been read to their end, which is later than they are made. */
const cursors: { readonly of: string; readonly cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = [];
/** Those before the last hundreds are done. */
const CURSORS_KEPT = 256;

beforeReading(() => settle(0));

/** The class, counting. Its objects share the meter of the isolate. */
export function meterClass<T extends ObjectClass>(base: T): T {
  const name = base.name;
  class Metered extends base {
    // oxlint-disable-next-line typescript/no-explicit-any -- the same
    constructor(...given: any[]) {
      const [state, env] = given as [DurableObjectState, EdgeEnv];
      watchStorage(state.storage, name);
      super(state, meteredEnv(env));
    }

    override alarm(info?: AlarmInvocationInfo): Promise<void> | void {
      meter(`object:${name}.alarm`);
      return super.alarm?.(info);
    }
  }
  return Metered;
}

const watched = new WeakSet<object>();

/** Prototypes of the platform are shared by all objects of the isolate, so each call says by its storage whose it is. */
const owners = new WeakMap<object, string>();

function watchStorage(storage: DurableObjectStorage, name: string): void {
  owners.set(storage, name).set(storage.sql, name);
  patch(Object.getPrototypeOf(storage.sql) as object, "exec", (of, cursor) => {
    cursors.push({ of, cursor: cursor as (typeof cursors)[number]["cursor"] });
    if (cursors.length > 2 * CURSORS_KEPT) settle(CURSORS_KEPT);
  });
  // Billed as a row.
  patch(Object.getPrototypeOf(storage) as object, "setAlarm", (of) => meter(`rows-written:${of}`));
}

function patch(prototype: object, method: string, told: (of: string, result: unknown) => void): void {
  if (watched.has(prototype)) return;
  watched.add(prototype);
  const plain = Reflect.get(prototype, method) as (...values: unknown[]) => unknown;
  Object.defineProperty(prototype, method, {
    value(this: object, ...values: unknown[]) {
      const result = plain.apply(this, values);
      told(owners.get(this) ?? "other", result);
      return result;
    },
  });
}

function settle(kept: number): void {
  for (const { of, cursor } of cursors.splice(0, Math.max(0, cursors.length - kept))) {
    meter(`rows-read:${of}`, cursor.rowsRead);
    meter(`rows-written:${of}`, cursor.rowsWritten);
  }
}
