/** Where the package lies: the sources in a clone are one folder below it, the built files of an install two. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const PACKAGE_ROOT = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? ".." : "../..");

interface PackageManifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function readManifest(): PackageManifest {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as PackageManifest;
}

export function packageVersion(): string {
  return readManifest().version;
}

/**
 * The command that installs peers, in versions that this package runs with: what came out since may be refused.
 *
 * @param names of peers
 */
export function installCommand(...names: readonly string[]): string {
  const { peerDependencies } = readManifest();
  return `npm install ${names.map((name) => `${name}${installVersion(peerDependencies[name])}`).join(" ")}`;
}

/** As shells take it unquoted: the version, the major one of a range from `^` on, and nothing where any newer one does. */
function installVersion(range: string | undefined): string {
  if (range === undefined || range.startsWith(">")) return "";
  return `@${range.startsWith("^") ? range.slice(1).split(".")[0] : range}`;
}
