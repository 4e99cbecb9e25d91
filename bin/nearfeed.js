#!/usr/bin/env node
/**
 * The command line's entry: finds a Node that is new enough and hands over to the CLI. It knows no command.
 * Plain JavaScript, because it must also start on an older Node to say what is missing.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) await runCli();
else await runWithNewerNode();

/** A clone runs its source, an installed package what was built from it. */
async function runCli() {
  // Compiled once a machine, not once a command: `nearfeed train --help` takes a fifth of the time.
  module.enableCompileCache();
  const source = join(root, "trainer/cli.ts");
  const cli = existsSync(source) ? source : join(root, "dist/trainer/cli.js");
  const { main } = await import(pathToFileURL(cli).href);
  process.exitCode = await main(process.argv.slice(2));
}

async function runWithNewerNode() {
  const node = packagedNode();
  if (!node) {
    console.error(
      `nearfeed needs Node ${NODE_MAJOR} or newer; this is ${process.version}.\n` +
        `Install Node ${NODE_MAJOR}, or add it to this project: npm install --save-dev node@${NODE_MAJOR}\n` +
        "(Installing with --ignore-scripts leaves that package empty.)",
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  const forward = (signal) => {
    // A terminal has sent its ctrl-C to the child as well.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  process.exitCode = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** The binary of the npm package `node`, or undefined where it is absent, too old, or its install step did not run. */
function packagedNode() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve("node/package.json");
    const binary = join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
    const isNew = Number.parseInt(require(manifest).version, 10) >= NODE_MAJOR;
    return isNew && existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
