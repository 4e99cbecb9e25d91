/** Reads IndexedDB past the SDK: what a transaction has completed is there, whoever wrote it. Runs in the page. */
import type { Page } from "playwright-core";
import { NAMESPACE } from "./tab.ts";

export type StoreName = "events" | "outbox";

/** Keys of a store. */
export async function storedIds(page: Page, store: StoreName): Promise<string[]> {
  return page.evaluate(
    ({ name, storeName }) =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.addEventListener("error", () => reject(opening.error ?? new Error("not opened")));
        opening.addEventListener("success", () => {
          const db = opening.result;
          const keys = db.transaction(storeName).objectStore(storeName).getAllKeys();
          keys.addEventListener("success", () => {
            db.close();
            resolve(keys.result as string[]);
          });
          keys.addEventListener("error", () => reject(keys.error ?? new Error("not read")));
        });
      }),
    { name: `nearfeed:${NAMESPACE}`, storeName: store },
  );
}
