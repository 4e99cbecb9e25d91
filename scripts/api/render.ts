/** Declarations as Markdown. Signatures are HTML, because Markdown's code blocks cannot hold links. */
import { firstSentence, oneLine, type DocComment } from "./doc-comment.ts";
import type { Declaration, Member } from "./declarations.ts";

/** Where a name is described, as the target of a link; undefined where it is not. */
export type Linker = (name: string) => string | undefined;

export function renderDeclaration(declaration: Declaration, link: Linker): string {
  const { name, kind, signature, members, doc } = declaration;
  const parts = [`### ${name}`];
  if (kind !== "interface" || !/^interface \w+$/.test(signature)) parts.push(renderCode(signature, link, name));
  parts.push(renderDoc(doc, link));
  parts.push(renderMembers(name, members, link));
  return joined(parts);
}

/** One method or field under a heading of its own, on the level of its owner's or one below. */
export function renderMember(owner: string, member: Member, link: Linker, level: "###" | "####"): string {
  return joined([
    `${level} ${owner} · ${member.name}`,
    renderCode(member.signature, link),
    renderDoc(member.doc, link),
  ]);
}

/** A table of members, what they give and what they do in one sentence; each leads to its place. */
export function renderOverview(owner: string, members: readonly Member[], link: Linker): string {
  return table(
    ["member", "gives", "what it is"],
    members.map(({ name, signature, doc }) => [
      `[\`${name}\`](${link(`${owner}.${name}`)})`,
      renderType(/(?<=\): |^[^(]*: ).*$/s.exec(signature)![0], link),
      linked(firstSentence(doc.text), link),
    ]),
  );
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Fields of one line are a table, in front; methods and larger fields follow under headings. */
function renderMembers(owner: string, members: readonly Member[], link: Linker): string {
  const isField = ({ type }: Member) => type !== undefined && !type.includes("\n");
  const fields = members.filter(isField);
  const rows = fields.map(({ name, type, optional, doc }) => [
    `\`${name}${optional ? "?" : ""}\``,
    renderType(type!, link),
    oneLine(linked(doc.text, link)),
  ]);
  const hasText = rows.some((row) => row[2] !== "");
  return joined([
    rows.length === 0
      ? ""
      : hasText
        ? table(["field", "type", "what it is"], rows)
        : table(
            ["field", "type"],
            rows.map((row) => row.slice(0, 2)),
          ),
    ...members.filter((member) => !isField(member)).map((member) => renderMember(owner, member, link, "####")),
  ]);
}

function renderDoc({ text, params, returns, throws }: DocComment, link: Linker): string {
  const list = [
    ...params.map(({ name, text: about }) => `- \`${name}\`: ${about}`),
    ...(returns === undefined ? [] : [`- Returns ${returns}`]),
    ...(throws === undefined ? [] : [`- Throws ${throws}`]),
  ];
  return linked(joined([text, list.join("\n")]), link);
}

function renderCode(source: string, link: Linker, self?: string): string {
  return `<pre>\n${withLinks(source, (name) => (name === self ? undefined : link(name)))}\n</pre>`;
}

function renderType(type: string, link: Linker): string {
  return `<code>${withLinks(type, link)}</code>`;
}

/** Source as HTML, in which names of types are links; names in its comments and strings are not. */
function withLinks(source: string, link: Linker): string {
  const pattern = /\/\*.*?\*\/|\/\/[^\n]*|"[^"\n]*"|`[^`]*`|[A-Za-z_]\w*|[&<>]/gs;
  return source.replace(pattern, (token) => {
    const target = /^\w/.test(token) ? link(token) : undefined;
    return target ? `<a href="${target}">${token}</a>` : escapeHtml(token);
  });
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** `{@link Name}` as a link, or as code where the name is not on the pages. */
function linked(text: string, link: Linker): string {
  return text.replace(/\{@link (\w+)\}/g, (_, name: string) => {
    const target = link(name);
    return target ? `[${name}](${target})` : `\`${name}\``;
  });
}

export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
