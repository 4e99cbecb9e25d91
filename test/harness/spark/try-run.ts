/** Runs a command that may not be there or may fail, and says in a line what went wrong. */
import { execFile, type ExecFileException } from "node:child_process";

/** @returns undefined where it did what it should */
export function tryRun(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  cwd?: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: timeoutMs, cwd }, (error: ExecFileException | null, stdout, stderr) => {
      if (!error) resolve(undefined);
      else if (error.code === "ENOENT") resolve(`${command} is not on this machine`);
      else if (error.killed) resolve(`no end within ${timeoutMs / 1_000} s`);
      else resolve((stderr.trim() || stdout.trim()).split("\n").at(-1) ?? error.message);
    });
  });
}
