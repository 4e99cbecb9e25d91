/** Databases as other versions wrote them: put back record by record through the browser's own API. */
import databaseV1 from "./golden/database-v1.json";
import databaseV2 from "./golden/database-v2.json";

export const GOLDEN_V1 = databaseV1;
export const GOLDEN_V2 = databaseV2;

interface Golden {
  readonly version: number;
  readonly stores: Readonly<Record<string, readonly unknown[]>>;
}

/** What the stores of a version looked like: their key paths, null for keys apart from the values. */
const STORES: Readonly<Record<number, Readonly<Record<string, string | string[] | null>>>> = {
  1: { events: "id", outbox: "id", files: "sha256", state: null },
  2: {
    events: "id",
    outbox: "id",
    files: "sha256",
    parts: ["sha256", "offset"],
    seen: "item",
    banned: "item",
    state: null,
  },
};

/** @returns the open connection, which lets nobody else in before it is closed or told otherwise */
export async function restoreDatabase(name: string, { version, stores }: Golden): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  request.addEventListener("upgradeneeded", () => {
    for (const [store, keyPath] of Object.entries(STORES[version]!)) {
      request.result.createObjectStore(store, { keyPath });
    }
  });
  const db = await result(request);
  const transaction = db.transaction([...db.objectStoreNames], "readwrite");
  for (const [store, records] of Object.entries(stores)) {
    for (const record of records) {
      const revived = revive(record) as { readonly key?: string; readonly value?: unknown };
      if (STORES[version]![store] === null) transaction.objectStore(store).put(revived.value, revived.key);
      else transaction.objectStore(store).put(revived);
    }
  }
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(new Error("not restored", { cause: transaction.error })));
  });
  return db;
}

export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(new Error("the request failed", { cause: request.error })));
  });
}

/** Bytes and vectors stand in the JSON in base64. */
function revive(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const { $bytes, $float32, $float64 } = value as Readonly<Record<string, string | undefined>>;
  if ($bytes !== undefined) return bytesOf($bytes);
  if ($float64 !== undefined) return new Float64Array(bytesOf($float64).buffer);
  if ($float32 !== undefined) return new Float32Array(bytesOf($float32).buffer);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revive(each)]));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
