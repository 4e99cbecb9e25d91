/** The help texts, made from what commands say of themselves. */
import type { Command } from "../commands/command.ts";

export function mainHelp(commands: Readonly<Record<string, { readonly summary: string }>>): string {
  return [
    "nearfeed: recommendations that run where the person is",
    "",
    "Usage: nearfeed <command> [options]",
    "",
    ...table(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    "",
    "nearfeed <command> --help says more; nearfeed --version says which this is. --json prints one JSON object, the result, as the last line of stdout.",
    "",
    "Exit codes: 0 done · 1 failed · 2 wrong arguments · 3 unusable data · 4 the edge refused · 5 worse than what is active · 130 interrupted",
  ].join("\n");
}

export function commandHelp(name: string, command: Command): string {
  const options = Object.entries(command.options).map(([key, { value, help }]): [string, string] => [
    `--${key}${value ? ` ${value}` : ""}`,
    help,
  ]);
  return [
    `nearfeed ${name}: ${command.summary}`,
    "",
    `Usage: nearfeed ${command.usage}`,
    "",
    ...table([...options, ["--json", "print the result as one JSON object"]]),
    ...(command.notes ?? []).flatMap((note) => ["", note]),
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
