/** The pages that people read: their fenced blocks, with where they stand, and their headings. It checks nothing. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface FencedBlock {
  /** From the project's folder. */
  readonly page: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** What stands behind the opening fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
}

/** All Markdown of the project's folder and of docs/. */
export async function pages(): Promise<string[]> {
  const inFolder = async (folder: string) => (await readdir(join(ROOT, folder))).filter((name) => name.endsWith(".md"));
  return [...(await inFolder("")), ...(await inFolder("docs")).map((name) => `docs/${name}`)].sort();
}

export async function blocksOf(page: string): Promise<FencedBlock[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  return [...text.matchAll(/^( *)```([^\n]*)\n(.*?)^\1```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length,
    language: match[2]!.trim(),
    text: match[3]!.replace(new RegExp(`^${match[1]}`, "gm"), ""),
  }));
}

export async function allBlocks(): Promise<FencedBlock[]> {
  return (await Promise.all((await pages()).map(blocksOf))).flat();
}

/** What links to the headings of a page name, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}
