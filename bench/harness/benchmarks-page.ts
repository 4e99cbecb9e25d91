/**
 * Writes one suite's section of BENCHMARKS.md, between its markers; the text outside them is left as it is. Sections
 * carry no date, so that writing the same figures twice changes nothing.
 */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Row } from "../schema.ts";
import { formatTable } from "./table.ts";

const PAGE = join(import.meta.dirname, "../../BENCHMARKS.md");
const INTRODUCTION = "# Benchmarks\n\nEach section is written by the command it names.\n";
const BYTES_PER_GIB = 2 ** 30;

export interface Section {
  readonly suite: string;
  readonly command: string;
  readonly seed: number;
  readonly rows: readonly Row[];
}

export async function writeSection(section: Section, page: string = PAGE): Promise<void> {
  const text = await readFile(page, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return INTRODUCTION;
    throw error;
  });
  await writeFile(page, replaceSection(text, section, describeMachine()));
}

/** A suite that has no section yet gets one at the end. */
export function replaceSection(text: string, section: Section, machine: string): string {
  const [start, end] = [`<!-- bench:${section.suite} -->`, `<!-- /bench:${section.suite} -->`];
  const facts = `\`${section.command}\` · seed ${section.seed} · ${machine}`;
  const block = `${start}\n\n## ${section.suite}\n\n${facts}\n\n${formatTable(section.rows)}\n\n${end}`;
  const from = text.indexOf(start);
  if (from === -1) return `${text.trimEnd()}\n\n${block}\n`;
  const to = text.indexOf(end, from);
  if (to === -1) throw new Error(`BENCHMARKS.md: ${start} has no ${end}`);
  return text.slice(0, from) + block + text.slice(to + end.length);
}

function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() || process.arch;
  const memory = `${Math.round(totalmem() / BYTES_PER_GIB)} GiB`;
  return `${cores.length} × ${model}, ${memory}, ${process.platform}, Node ${process.versions.node}`;
}
