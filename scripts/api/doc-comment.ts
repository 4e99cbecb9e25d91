/** Reads a TSDoc comment: its text, and what stands behind `@param`, `@returns` and `@throws`. It renders nothing. */

export interface DocComment {
  /** Markdown, paragraphs and lists as they were written. */
  readonly text: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  readonly returns?: string;
  readonly throws?: string;
}

export const NO_COMMENT: DocComment = { text: "", params: [] };

/** @param raw what stands between the slashes: an asterisk, the text, an asterisk */
export function readDocComment(raw: string): DocComment {
  const lines = raw
    .replace(/^\*/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const [text = "", ...tags] = lines.join("\n").split(/^\s*@(?=\w)/m);
  const params: { name: string; text: string }[] = [];
  const rest: Record<string, string> = {};
  for (const tag of tags) {
    const [, kind, content] = /^(\w+)\s*(.*)$/s.exec(tag.trim())!;
    if (kind === "param") {
      const [, name, about] = /^([\w.]+)\s*(?:-\s*)?(.*)$/s.exec(content!)!;
      params.push({ name: name!, text: oneLine(about!) });
    } else if (kind === "returns" || kind === "throws") {
      rest[kind] = oneLine(content!);
    } else {
      throw new Error(`@${kind} has no place in the reference: the tags are @param, @returns and @throws`);
    }
  }
  return { text: text.trim(), params, ...rest };
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}

/** The first sentence of a text, for an overview. */
export function firstSentence(text: string): string {
  const paragraph = oneLine(text.split("\n\n")[0]!);
  return /^.*?[^.][.:](?=\s|$)/.exec(paragraph)?.[0].replace(/:$/, ".") ?? paragraph;
}
