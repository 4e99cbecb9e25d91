/** The table of error codes: the list in shared/errors.ts with its comments, which no build carries along. */
import { readFile } from "node:fs/promises";
import { table } from "./render.ts";

interface Code {
  readonly code: string;
  /** HTTP status at the edge, 0 where it is never on the wire. */
  readonly status: number;
  readonly meaning: string;
}

/** One table a section of the list. */
export async function renderErrorCodes(file: string): Promise<string> {
  const sections = sectionsOf(await readFile(file, "utf8"));
  return sections
    .map(({ title, codes }) => {
      const rows = codes.map(({ code, status, meaning }) => [
        `\`${code}\``,
        status === 0 ? "" : String(status),
        meaning,
      ]);
      const onWire = codes.some(({ status }) => status !== 0);
      const shown = onWire ? rows : rows.map(([code, , meaning]) => [code!, meaning!]);
      return `${title}\n\n${table(onWire ? ["code", "HTTP", "meaning"] : ["code", "meaning"], shown)}`;
    })
    .join("\n\n");
}

/** @throws Error where a code has no comment, or stands under no heading */
function sectionsOf(source: string): { title: string; codes: Code[] }[] {
  const list = /export const ERROR_CODES = \{\n(.*?)\n\} as const/s.exec(source)?.[1];
  if (list === undefined) throw new Error("shared/errors.ts has no list of the name ERROR_CODES");
  const sections: { title: string; codes: Code[] }[] = [];
  let meaning: string | undefined;
  for (const line of list.split("\n").map((each) => each.trim())) {
    const [, heading] = /^\/\/ (.*)$/.exec(line) ?? [];
    const [, comment] = /^\/\*\* (.*) \*\/$/.exec(line) ?? [];
    const [, code, status] = /^(\w+): (\d+),$/.exec(line) ?? [];
    if (heading !== undefined) sections.push({ title: heading, codes: [] });
    else if (comment !== undefined) meaning = comment;
    else if (code !== undefined) {
      if (meaning === undefined || sections.length === 0)
        throw new Error(`shared/errors.ts does not say what ${code} is`);
      sections.at(-1)!.codes.push({ code, status: Number(status), meaning });
      meaning = undefined;
    } else if (line !== "") throw new Error(`shared/errors.ts: ${line} is no code of the list`);
  }
  return sections;
}
