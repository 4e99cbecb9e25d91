/**
 * `npm run docs`: writes what is written from the source: the reference, docs/api.md and docs/api-edge.md, and the settings of the
 * Spark job. Tests compare them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sparkSettings } from "../trainer/spark/settings.ts";
import { writePages } from "./api/write-page.ts";

const root = join(import.meta.dirname, "..");

const settings = ["trainer/spark/settings.json", `${JSON.stringify(sparkSettings(), null, 2)}\n`] as const;

for (const [path, text] of [...(await writePages(root)), settings]) {
  await writeFile(join(root, path), text);
  console.log(path);
}
