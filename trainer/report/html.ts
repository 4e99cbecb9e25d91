/**
 * Markup that is safe by construction: what is put into a template is text, unless a template made it. Titles of items come
 * from anywhere, and a report is opened from a disk, where a script could read what lies beside it.
 */

const MARKUP = Symbol("markup");

/** Made by `html` alone: data that was read cannot have the symbol. */
export interface Html {
  readonly [MARKUP]: string;
}

export type Content = Html | string | number | undefined | false | readonly Content[];

/** A template of markup. Strings and numbers are escaped, arrays joined, `undefined` and `false` left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { [MARKUP]: strings.reduce((text, part, i) => text + markupOf(values[i - 1]) + part) };
}

/** The markup as text, for a file. */
export function markup(of: Html): string {
  return of[MARKUP];
}

function markupOf(content: Content): string {
  if (content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escapeText(String(content));
  if (MARKUP in content) return content[MARKUP];
  return content.map(markupOf).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  // Control characters but for line ends are no text of HTML.
  return (
    text
      // oxlint-disable-next-line no-control-regex -- they are what is meant
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd")
      .replace(/[&<>"']/g, (character) => ENTITIES[character])
  );
}
