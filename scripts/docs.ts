/** `npm run docs`: writes the reference, docs/api.md and docs/api-edge.md, from the source. A test compares them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writePages } from "./api/write-page.ts";

const root = join(import.meta.dirname, "..");

for (const [path, text] of await writePages(root)) {
  await writeFile(join(root, path), text);
  console.log(path);
}
