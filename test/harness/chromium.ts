/**
 * Finds a Chromium for the tests: `CHROMIUM_PATH`, else one of the system, else the one inside the npm package
 * `@sparticuz/chromium`. It launches nothing and downloads nothing.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { packagedChromium } from "./packaged-chromium.ts";

/** What `playwright.chromium.launch` needs to start the browser. */
export interface Chromium {
  readonly executablePath: string;
  readonly args: readonly string[];
  /** The whole environment of the browser's process. */
  readonly env: Record<string, string>;
}

/** Chromium refuses its sandbox to root, and containers often run as root. */
const ARGS = ["--no-sandbox"];
const NAMES = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** @throws Error when there is no browser and the npm package has none for this platform. */
export async function findChromium(): Promise<Chromium> {
  const given = process.env["CHROMIUM_PATH"];
  if (given) {
    if (!(await isExecutable(given))) throw new Error(`CHROMIUM_PATH is "${given}", which is not an executable file.`);
    return { executablePath: given, args: ARGS, env: currentEnv() };
  }
  for (const path of systemPaths()) {
    if (await isExecutable(path)) return { executablePath: path, args: ARGS, env: currentEnv() };
  }
  const packaged = await packagedChromium();
  return { executablePath: packaged.executablePath, args: ARGS, env: { ...currentEnv(), ...packaged.env } };
}

function systemPaths(): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const onPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return process.platform === "darwin" ? [...onPath, ...MAC_PATHS] : onPath;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function currentEnv(): Record<string, string> {
  const pairs = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(pairs);
}
