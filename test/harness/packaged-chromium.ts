/**
 * Unpacks the Chromium that `@sparticuz/chromium` carries (x64 Linux), with its shared libraries and fonts, into
 * `node_modules/.cache`. The package itself would unpack into the shared temp folder and set this process's
 * environment; here both stay apart: a child process unpacks into a folder of its own, which is then renamed.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
/** Makes the package unpack its libraries too: elsewhere it expects the system to have them. */
const UNPACK_ENV = { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" };
const UNPACK = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';

/** @returns the executable and the variables its process needs on top of the caller's. */
export async function packagedChromium(): Promise<{ executablePath: string; env: Record<string, string> }> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `No Chrome or Chromium found, and the npm package has none for ${process.platform}-${process.arch}. ` +
        "Install Chrome, or set CHROMIUM_PATH.",
    );
  }
  const folder = await unpackOnce();
  const libraries = [join(folder, "al2023/lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
  return {
    executablePath: join(folder, "chromium"),
    env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(folder, "fonts.conf") },
  };
}

async function unpackOnce(): Promise<string> {
  const manifest = await readFile(join(MODULES, "@sparticuz/chromium/package.json"), "utf8");
  const cache = join(MODULES, ".cache");
  const folder = join(cache, `chromium-${(JSON.parse(manifest) as { version: string }).version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${folder}.`);
  try {
    const env = { ...process.env, ...UNPACK_ENV, TMPDIR: draft };
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", UNPACK], { cwd: MODULES, env });
    await writeFile(join(draft, "fonts.conf"), fontsConf(folder));
    // Whoever renames first wins; the others find the folder there and drop their own.
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
