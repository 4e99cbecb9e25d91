/**
 * The tables of docs/privacy.md, read as what they promise: which requests may be made at which level of consent and with
 * which retrieval, and what their bodies may hold. Reads only; what a session really did is compared by the tests.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./dev-stack.ts";
import type { RecordedRequest } from "./recording-proxy.ts";

/** A column of the table: a level of consent with a retrieval. */
export type Column = "denied" | "local, device" | "local, pool" | "full, device" | "full, pool" | "full, edge";

export interface TableRow {
  /** As written, for example `GET /v1/{release}/pools/{cell}`. */
  readonly request: string;
  /** What the column says: `yes`, `from 20` or `–`. */
  says(column: Column): string;
  matches(request: Pick<RecordedRequest, "method" | "path">): boolean;
}

export interface PrivacyTable {
  readonly rows: readonly TableRow[];
  /** The fields that a body may have, by what the second table calls it. */
  fields(of: string): readonly string[];
}

const PAGE = join(ROOT, "docs/privacy.md");
const PARAMETERS: Record<string, string> = {
  release: "[0-9a-f]{32}",
  sha256: "[0-9a-f]{64}",
  cell: "\\d+",
  block: "\\d+",
};

/** @throws Error where the page has no such table */
export async function readPrivacyTable(): Promise<PrivacyTable> {
  const page = await readFile(PAGE, "utf8");
  const [header, ...lines] = cellsBetween(page, "requests");
  const bodies = new Map(cellsBetween(page, "bodies").map(([name, fields]) => [plain(name!), fields!.split(", ")]));
  return {
    rows: lines.map((cells) => rowOf(header!, cells)),
    fields(of) {
      const fields = bodies.get(of);
      if (!fields) throw new Error(`docs/privacy.md has no fields of ${of}`);
      return fields;
    },
  };
}

function rowOf(header: readonly string[], cells: readonly string[]): TableRow {
  const request = plain(cells[0]!);
  const [method, template = ""] = request.split(" ");
  const [path = "", query = ""] = template.split("?");
  const pattern = new RegExp(`^${path.replace(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name]!)}$`);
  const keys = [...new URLSearchParams(query).keys()];
  return {
    request,
    says(column) {
      const at = header.indexOf(column);
      if (at < 0) throw new Error(`docs/privacy.md has no column ${column}`);
      return cells[at]!;
    },
    matches(asked) {
      const url = new URL(asked.path, "http://edge");
      const known = [...url.searchParams.keys()].every((key) => keys.includes(key));
      return asked.method === method && pattern.test(url.pathname) && known;
    },
  };
}

/** The cells of the table between two markers, the rule left out. */
function cellsBetween(page: string, name: string): string[][] {
  const [from, to] = [page.indexOf(`<!-- ${name} -->`), page.indexOf(`<!-- /${name} -->`)];
  if (from < 0 || to < from) throw new Error(`docs/privacy.md has no table between the markers ${name}`);
  const lines = page
    .slice(from, to)
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s|-]+\|$/.test(line));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function plain(cell: string): string {
  return cell.replaceAll("`", "");
}
