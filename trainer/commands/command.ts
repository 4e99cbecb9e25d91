/** What every command of the CLI is: words for the help, options, and a function. */
import type { ParseArgsOptionDescriptor } from "node:util";
import type { Terminal } from "../terminal/terminal.ts";

/** One option, with what the help says of it. */
export interface Option extends ParseArgsOptionDescriptor {
  readonly help: string;
  /** What stands for its value in the help; absent for a flag. */
  readonly value?: string;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  /** Values by option name, as `util.parseArgs` gives them. */
  readonly values: Readonly<Record<string, string | boolean | string[] | boolean[] | undefined>>;
  readonly terminal: Terminal;
  /** Aborted by ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
  readonly summary: string;
  /** The line after `nearfeed`. */
  readonly usage: string;
  /** Paragraphs after the options. */
  readonly notes?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** Bounds of the number of positionals. */
  readonly positionals: readonly [least: number, most: number];
  /** Returns the object that `--json` prints. */
  run(input: CommandInput): Promise<object>;
}
