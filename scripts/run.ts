/** Runs a command of node_modules/.bin (or of the system), shows its output and keeps it. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

const BIN = join(import.meta.dirname, "../node_modules/.bin");

export interface RunResult {
  /** The exit code; 1 when a signal ended the command. */
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** @throws Error when the command cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; quiet?: boolean } = {},
): Promise<RunResult> {
  const path = `${BIN}${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (!options.quiet) to.write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
