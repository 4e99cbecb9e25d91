/**
 * The command line `nearfeed`. It knows which commands there are and how errors become exit codes; what commands do is in
 * `commands/`. Each is loaded when it is called, so that `nearfeed --help` needs nothing installed.
 */
import { parseArgs } from "node:util";
import { type ErrorCode, NearfeedError } from "../shared/errors.ts";
import type { Command } from "./commands/command.ts";
import { packageVersion } from "./package-root.ts";
import { commandHelp, mainHelp } from "./terminal/help.ts";
import { createTerminal } from "./terminal/terminal.ts";

const COMMANDS: Readonly<Record<string, { summary: string; load: () => Promise<Command> }>> = {
  dev: {
    summary: "train on the bundled data, run the edge and the demo page locally",
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  train: { summary: "make a release from logs", load: async () => (await import("./commands/train.ts")).train },
  spark: {
    summary: "prepare an event log with Spark, for train --prepared",
    load: async () => (await import("./commands/spark.ts")).spark,
  },
  retrain: {
    summary: "pull new events, train, and activate what is not worse than the active release",
    load: async () => (await import("./commands/retrain.ts")).retrain,
  },
  import: {
    summary: "make a release from item vectors made elsewhere, and logs",
    load: async () => (await import("./commands/import.ts")).importVectors,
  },
  evaluate: {
    summary: "measure models on held-out events",
    load: async () => (await import("./commands/evaluate.ts")).evaluate,
  },
  report: {
    summary: "click-through, likes and skips by release and policy, from the event log",
    load: async () => (await import("./commands/report.ts")).report,
  },
  publish: {
    summary: "upload a release to an edge and activate it",
    load: async () => (await import("./commands/publish.ts")).publish,
  },
  activate: {
    summary: "point a channel at a published release",
    load: async () => (await import("./commands/activate.ts")).activate,
  },
  canary: {
    summary: "make a channel's canary its active release, or take it back",
    load: async () => (await import("./commands/canary.ts")).canary,
  },
  rollback: {
    summary: "point a channel back at its previous release",
    load: async () => (await import("./commands/rollback.ts")).rollback,
  },
  rules: {
    summary: "show or replace what a channel pins, boosts and buries",
    load: async () => (await import("./commands/rules.ts")).rules,
  },
  keygen: {
    summary: "make a key that signs releases",
    load: async () => (await import("./commands/keygen.ts")).keygen,
  },
  releases: { summary: "list releases", load: async () => (await import("./commands/releases.ts")).releases },
  logs: {
    summary: "pull the event log, or carry out deletion requests in it",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  gc: {
    summary: "delete releases and files that no channel serves",
    load: async () => (await import("./commands/gc.ts")).gc,
  },
  items: {
    summary: "add items to an edge, or delete items, without a release",
    load: async () => (await import("./commands/items.ts")).items,
  },
  estimate: {
    summary: "what an audience costs a month on Cloudflare, and which limit binds first",
    load: async () => (await import("./commands/estimate.ts")).estimate,
  },
  inspect: {
    summary: "check and describe a release folder",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
};

/** Exit codes; documented in the help. Everything that is not listed is 1. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  bad_argument: 2,
  file_not_found: 3,
  bad_file: 3,
  missing_column: 3,
  too_many_bad_rows: 3,
  no_data: 3,
  incomplete_release: 3,
  hash_mismatch: 3,
  bad_format: 3,
  edge_failed: 4,
  no_previous: 4,
  no_canary: 4,
  unknown_channel: 4,
  gate_refused: 5,
  cancelled: 130,
};

/** A closed terminal sends SIGHUP. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs one command line. @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const json = rest.includes("--json");
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    json,
    now: () => performance.now(),
  });
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.print(mainHelp(COMMANDS));
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    terminal.print(packageVersion());
    return 0;
  }
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new NearfeedError("cancelled", "Interrupted; nothing is left half-written"));
  // Not once: a group gets ctrl-C twice, from the terminal and from the launcher, and the second must not cut off the stop.
  for (const signal of SIGNALS) process.on(signal, stop);
  // A closed pipe or a full disk: nobody would get the result.
  let unwritable: NearfeedError | undefined;
  process.stdout.on("error", (cause) => {
    unwritable = new NearfeedError("cancelled", `The output cannot be written: ${cause.message}`, { cause });
    interrupt.abort(unwritable);
  });
  try {
    const command = await loadCommand(name);
    if (rest.includes("--help") || rest.includes("-h")) {
      terminal.print(commandHelp(name, command));
      return 0;
    }
    const { values, positionals } = parseCommandLine(name, command, rest);
    const result = await command.run({ positionals, values, terminal, signal: interrupt.signal, env: process.env });
    if (json) terminal.print(JSON.stringify(result));
    await new Promise((resolve) => process.stdout.write("", resolve));
    if (unwritable) throw unwritable;
    return 0;
  } catch (error) {
    return report(error, json);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function loadCommand(name: string): Promise<Command> {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!found)
    throw new NearfeedError(
      "bad_argument",
      `There is no command "${name}"; there are ${Object.keys(COMMANDS).join(", ")}`,
    );
  return found.load();
}

function parseCommandLine(name: string, command: Command, argv: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([key, { type, multiple }]) => [key, { type, multiple: multiple ?? false }]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: { ...options, json: { type: "boolean" } }, allowPositionals: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(". ")[0] : String(cause);
    throw new NearfeedError("bad_argument", reason, { hint: `See nearfeed ${name} --help.`, cause });
  }
  const [least, most] = command.positionals;
  const count = parsed.positionals.length;
  if (count < least || count > most) {
    throw new NearfeedError(
      "bad_argument",
      `nearfeed ${command.usage}: got ${count} arguments, expected ${expectedCount(least, most)}`,
      {
        hint: `See nearfeed ${name} --help.`,
      },
    );
  }
  return parsed;
}

function expectedCount(least: number, most: number): string {
  if (least === most) return String(least);
  return most === Infinity ? `at least ${least}` : `${least}–${most}`;
}

function report(error: unknown, json: boolean): number {
  if (!(error instanceof NearfeedError)) return reportUnexpected(error, json);
  const { code, message, path, hint } = error;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, path, hint } })}\n`);
  process.stderr.write(`nearfeed: ${message}${hint === undefined ? "" : `\n  ${hint}`}\n`);
  return EXIT_CODES[code] ?? 1;
}

/** What the operating system refuses is no defect: its message says it all. Anything else is one, and its stack is needed. */
function reportUnexpected(error: unknown, json: boolean): number {
  const message = error instanceof Error ? error.message : String(error);
  const isRefusal = error instanceof Error && "syscall" in error;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: "internal", message } })}\n`);
  process.stderr.write(`nearfeed: ${isRefusal || !(error instanceof Error) ? message : (error.stack ?? message)}\n`);
  return 1;
}
