/**
 * `npm run -s bench -- <suite> [--data NAME] [--quick] [--json] [--write] [--seed N]`: runs bench/<suite>.ts and prints its
 * rows, as a table or (`--json`) one JSON object a line. `--write` keeps them as bench/results/<suite>.json and writes the pages that show
 * them; `--pages` alone writes those pages again. It measures nothing itself.
 */
import { readdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { commitOfTree } from "./harness/commit.ts";
import { writeResult } from "./harness/results.ts";
import { parseRow, type Row, type Suite } from "./schema.ts";
import { formatTable } from "./harness/table.ts";
import { writePages } from "./harness/write-pages.ts";

/** The files of this folder that are not suites; what suites share lies in subfolders. */
const HARNESS = new Set(["run", "schema"]);
const DEFAULT_SEED = 1;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return 1;
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      pages: { type: "boolean", default: false },
      data: { type: "string" },
      seed: { type: "string", default: String(DEFAULT_SEED) },
    },
  });
  if (values.pages) {
    await writePages();
    return 0;
  }
  const names = await suiteNames();
  const name = positionals[0];
  if (positionals.length !== 1 || name === undefined || !names.includes(name)) {
    console.error(`usage: npm run -s bench -- <suite> [--data NAME] [--quick] [--json] [--write] [--seed N]`);
    console.error(`suites: ${names.join(", ")}${name === undefined ? "" : `; got ${positionals.join(" ")}`}`);
    return 2;
  }
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) {
    console.error(`--seed is "${values.seed}", expected an integer`);
    return 2;
  }
  const suite = (await import(`./${name}.ts`)) as Suite;
  const { data } = values;
  const { datasets = [] } = suite;
  if (data !== undefined && !datasets.includes(data)) {
    const expected = datasets.length > 0 ? `one of ${datasets.join(", ")}` : `no --data for the suite ${name}`;
    console.error(`--data is "${data}", expected ${expected}`);
    return 2;
  }
  const rows: Row[] = [];
  // Of the code that is loaded now, whatever is changed meanwhile.
  const commit = commitOfTree();
  const [date] = new Date().toISOString().split("T");
  const began = performance.now();
  for await (const raw of suite.run({ quick: values.quick, seed, ...(data !== undefined && { data }) })) {
    const row = parseRow(raw);
    rows.push(row);
    if (values.json) console.log(JSON.stringify(row));
  }
  if (rows.length === 0 && data !== undefined) return 0;
  if (rows.length === 0) throw new Error(`suite ${name} gave no row`);
  if (!values.json) console.log(formatTable(rows));
  if (values.write) {
    const isOther = data !== undefined && data !== datasets[0];
    const flags = `${isOther ? ` --data ${data}` : ""}${values.quick ? " --quick" : ""}${seed === DEFAULT_SEED ? "" : ` --seed ${seed}`}`;
    await suite.write?.();
    await writeResult({
      suite: isOther ? `${name}-${data}` : name,
      command: `npm run -s bench -- ${name}${flags}`,
      seed,
      ...(commit && { measured: { commit, date: date!, seconds: Math.round((performance.now() - began) / 1000) } }),
      rows,
    });
    await writePages();
  }
  return 0;
}

async function suiteNames(): Promise<string[]> {
  const files = await readdir(import.meta.dirname, { withFileTypes: true });
  const names = files.filter((file) => file.isFile() && /^[a-z0-9-]+\.ts$/.test(file.name));
  return names
    .map((file) => file.name.slice(0, -".ts".length))
    .filter((name) => !HARNESS.has(name))
    .sort();
}
