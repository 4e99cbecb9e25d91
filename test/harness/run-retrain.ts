/** Runs `nearfeed retrain` as the command line does, against an edge of this machine, with its folders in one place. */
import { join } from "node:path";
import { retrain } from "../../trainer/commands/retrain.ts";
import { createTerminal } from "../../trainer/terminal/terminal.ts";

/** Weights found elsewhere: what is tested is not how they are found. */
export const BUNDLED_FIT = join(import.meta.dirname, "../../trainer/datasets/movielens-small/linear-fit.json");

export interface RetrainOutcome {
  readonly said: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: Record<string, unknown>;
}

/** @param folder with `items.csv`; the log and the releases come to lie there */
export function createRetrain(folder: string, { url, secret }: { readonly url: string; readonly secret: string }) {
  return async (
    positionals: readonly string[] = [],
    values: Record<string, string | boolean | string[]> = {},
    onSaid: (text: string, stop: AbortController) => void = () => {},
  ): Promise<RetrainOutcome> => {
    const stop = new AbortController();
    let said = "";
    const output = { write: (text: string) => onSaid((said += text), stop) };
    const terminal = createTerminal({ stdout: output, stderr: output, json: false, now: () => performance.now() });
    const places = { logs: join(folder, "logs"), releases: join(folder, "releases"), edge: url, fit: BUNDLED_FIT };
    const items = [join(folder, "items.csv")];
    const input = { positionals, values: { ...places, items, ...values }, terminal, signal: stop.signal };
    try {
      const result = await retrain.run({ ...input, env: { NEARFEED_SECRET: secret } });
      return { said, result: result as Record<string, unknown> };
    } catch (error) {
      return { said, error: error as RetrainOutcome["error"] & object };
    }
  };
}
