/** Puts a page of the reference together: its groups in order, then what they mention and do not hold. */
import { join } from "node:path";
import { createSources, type Declaration, type Sources } from "./declarations.ts";
import { renderErrorCodes } from "./error-codes.ts";
import { PAGES, type Entry, type Page } from "./pages.ts";
import { joined, renderDeclaration, renderMember, renderOverview, type Linker } from "./render.ts";

/** The heading under which the error codes stand. */
const ERROR_CODES = "Error codes";

interface Content {
  readonly page: Page;
  /** By the name under which they are exported. */
  readonly exported: ReadonlyMap<string, Declaration>;
  /** Types that signatures name and no entry exports. */
  readonly mentioned: ReadonlyMap<string, Declaration>;
}

/** @returns the path of every page, from the project's folder, and its text */
export async function writePages(root: string): Promise<Map<string, string>> {
  const sources = createSources();
  const contents: Content[] = [];
  const known = new Map<string, Declaration>();
  for (const page of PAGES) {
    const exported = new Map<string, Declaration>();
    for (const { file } of page.entries) {
      for (const [name, declaration] of await sources.exportsOf(join(root, file))) exported.set(name, declaration);
    }
    for (const [name, declaration] of exported) if (!known.has(name)) known.set(name, declaration);
    const mentioned = await closure([...exported.values()], known, sources);
    for (const [name, declaration] of mentioned) known.set(name, declaration);
    contents.push({ page, exported, mentioned });
  }
  const texts = new Map<string, string>();
  for (const content of contents) {
    const link = linkerOf(content, contents);
    texts.set(content.page.path, await renderPage(root, content, link));
  }
  return texts;
}

/** What the declarations mention, and what that mentions in turn, without what is known already. */
async function closure(
  declarations: readonly Declaration[],
  known: ReadonlyMap<string, Declaration>,
  sources: Sources,
): Promise<Map<string, Declaration>> {
  const found = new Map<string, Declaration>();
  const open = [...declarations];
  for (let next = open.shift(); next; next = open.shift()) {
    for (const name of next.mentions) {
      const declaration = await sources.find(name, next.file);
      if (!declaration || known.has(declaration.name) || found.has(declaration.name)) continue;
      found.set(declaration.name, declaration);
      open.push(declaration);
    }
  }
  return found;
}

/** Names lead to the page they are on; the page that is looked at comes first. */
function linkerOf(own: Content, contents: readonly Content[]): Linker {
  return (name) => {
    if (name === "ERROR_CODES" || name === "ErrorCode") {
      return own.page.errorCodes ? "#error-codes" : "api.md#error-codes";
    }
    const [owner] = name.split(".");
    for (const { page, exported, mentioned } of [own, ...contents.filter((each) => each !== own)]) {
      if (!exported.has(owner!) && !mentioned.has(owner!)) continue;
      const anchor = `#${name.replace(".", "--").toLowerCase()}`;
      return page === own.page ? anchor : `${page.path.replace("docs/", "")}${anchor}`;
    }
    return undefined;
  };
}

async function renderPage(root: string, content: Content, link: Linker): Promise<string> {
  const { page, exported, mentioned } = content;
  const named = new Set(page.entries.flatMap(({ groups }) => groups.flatMap(({ names }) => names)));
  const sections: [title: string, text: string][] = page.entries.flatMap((entry) =>
    entry.groups.map(({ title, about = "", names }): [string, string] => [
      title,
      joined([about, ...names.map((name) => renderNamed(name, entry, exported, link))]),
    ]),
  );
  const rest = [...exported.values(), ...mentioned.values()].filter(
    ({ name }) => !named.has(name) && name !== "ERROR_CODES",
  );
  if (rest.length > 0) {
    const about = "What the signatures above name besides.";
    sections.push(["More types", joined([about, ...rest.map((each) => renderDeclaration(each, link))])]);
  }
  if (page.errorCodes) sections.push([ERROR_CODES, await renderErrorCodes(join(root, "shared/errors.ts"))]);
  const contents = sections.map(([title]) => `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`).join(" · ");
  const note = "<!-- Written by `npm run docs` from the source. -->";
  return `${joined([note, `# ${page.title}`, page.about, contents, ...sections.map(([title, text]) => `## ${title}\n\n${text}`)])}\n`;
}

/** @throws Error where a group names what the entry does not export, or what has no comment */
function renderNamed(name: string, entry: Entry, exported: ReadonlyMap<string, Declaration>, link: Linker): string {
  const [owner, memberName] = name.split(".");
  const declaration = exported.get(owner!);
  if (!declaration) throw new Error(`${entry.name} does not export ${owner}, which a group of its page names`);
  if (memberName === undefined) {
    if (!entry.spread.includes(name)) return renderDeclaration(declaration, link);
    checkSpread(declaration, entry);
    return joined([
      renderDeclaration({ ...declaration, members: [] }, link),
      renderOverview(name, declaration.members, link),
    ]);
  }
  const member = declaration.members.find((each) => each.name === memberName);
  if (!member) throw new Error(`${owner} has no member ${memberName}, which a group of its page names`);
  return renderMember(owner!, member, link, "###");
}

/** Every member of a spread interface has a place. */
function checkSpread({ name, members }: Declaration, { groups }: Entry): void {
  const named = new Set(groups.flatMap(({ names }) => names));
  const homeless = members.filter((member) => !named.has(`${name}.${member.name}`));
  if (homeless.length > 0)
    throw new Error(`no group names ${homeless.map((each) => `${name}.${each.name}`).join(", ")}`);
}
