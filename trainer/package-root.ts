/** Where the package lies: the sources in a clone are one folder below it, the built files of an install two. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const PACKAGE_ROOT = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? ".." : "../..");

export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as { version: string };
  return manifest.version;
}
