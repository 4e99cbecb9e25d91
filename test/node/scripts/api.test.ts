// The reference is what the source says: the committed pages are written anew and compared, and their links lead somewhere.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSources } from "../../../scripts/api/declarations.ts";
import { firstSentence, readDocComment } from "../../../scripts/api/doc-comment.ts";
import { renderDeclaration } from "../../../scripts/api/render.ts";
import { writePages } from "../../../scripts/api/write-page.ts";
import { ERROR_CODES } from "../../../shared/errors.ts";
import { anchorsOf } from "../../harness/read-pages.ts";

const ROOT = join(import.meta.dirname, "../../..");
const pages = await writePages(ROOT);

test("the pages are what the source gives: npm run docs writes them", async () => {
  expect([...pages.keys()]).toEqual(["docs/api.md", "docs/api-edge.md"]);
  for (const [path, text] of pages) expect(await readFile(join(ROOT, path), "utf8"), path).toBe(text);
});

test("every entry that an app or an operator imports is on a page with all it exports", async () => {
  const { exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, { types: string }>;
  };
  const text = [...pages.values()].join("\n");
  const sources = createSources();
  // The trainer as a library is for pipelines; its reference are the comments of its sources.
  for (const [entry, { types }] of Object.entries(exports)) {
    if (types === undefined || entry === "./trainer") continue;
    const file = join(ROOT, types.replace("./dist/", "").replace(".d.ts", ".ts"));
    for (const name of (await sources.exportsOf(file)).keys()) expect(text, entry).toContain(`\n### ${name}\n`);
  }
});

test("every link on a page leads to one heading", () => {
  const anchors = new Map([...pages].map(([path, text]) => [path.replace("docs/", ""), anchorsOf(text)]));
  for (const [path, text] of pages) {
    const own = path.replace("docs/", "");
    expect(new Set(anchors.get(own)).size, path).toBe(anchors.get(own)!.length);
    const targets = [...text.matchAll(/(?:href="|\]\()([\w.-]*)#([\w-]+)/g)];
    expect(targets.length).toBeGreaterThan(50);
    for (const [, page, anchor] of targets)
      expect(anchors.get(page || own), `${path}: ${page}#${anchor}`).toContain(anchor);
  }
});

test("every error code is in the table, with its status where it is on the wire", () => {
  for (const [code, status] of Object.entries(ERROR_CODES)) {
    expect(pages.get("docs/api.md")).toMatch(
      new RegExp(`\\n\\| \`${code}\` \\| ${status === 0 ? "" : `${status} \\| `}`),
    );
  }
});

test("a module's exports are read with their comments, also where another module declares them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-api-"));
  try {
    await writeFile(
      join(folder, "shapes.ts"),
      `const KINDS = ["a", "b"] as const;
/** One of two. */
export type Kind = (typeof KINDS)[number];
export interface Box<T> extends Iterable<T> {
  /** What it is; see {@link Kind}. */
  readonly kind?: Kind;
  /**
   * Opens it.
   *
   * @param by whose hand
   * @returns what was in it
   */
  open(by: string): T;
}
`,
    );
    await writeFile(join(folder, "index.ts"), `export type { Box as Crate, Kind } from "./shapes.ts";\n`);
    const sources = createSources();
    const found = await sources.exportsOf(join(folder, "index.ts"));
    expect([...found.keys()]).toEqual(["Crate", "Kind"]);
    expect(found.get("Kind")!.signature).toBe(`type Kind = "a" | "b"`);
    expect([...found.get("Crate")!.mentions].sort()).toEqual(["Iterable", "Kind", "T"]);
    expect(renderDeclaration(found.get("Crate")!, (name) => (name === "Kind" ? "#kind" : undefined))).toBe(
      `### Box

<pre>
interface Box&lt;T&gt; extends Iterable&lt;T&gt;
</pre>

| field | type | what it is |
| --- | --- | --- |
| \`kind?\` | <code><a href="#kind">Kind</a></code> | What it is; see [Kind](#kind). |

#### Box · open

<pre>
open(by: string): T
</pre>

Opens it.

- \`by\`: whose hand
- Returns what was in it`,
    );
    await writeFile(join(folder, "star.ts"), `export * from "./shapes.ts";\n`);
    await expect(sources.exportsOf(join(folder, "star.ts"))).rejects.toThrow("export *");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a comment's first sentence ends where a sentence ends", () => {
  expect(firstSentence("Kept for 0.5 s, e.g. so. Then not.")).toBe("Kept for 0.5 s, e.g.");
  expect(firstSentence("Where the list\nis shown: `home`, …")).toBe("Where the list is shown.");
  expect(() => readDocComment("* Text.\n * @deprecated now ")).toThrow("@deprecated");
});
