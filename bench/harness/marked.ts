/** The part of a page between two markers, `<!-- name -->` and `<!-- /name -->`, which is written by a program. */

/** What stands between the markers, without the empty lines around it. @throws Error where the page has no such part */
export function readMarked(page: string, name: string): string {
  const { from, to } = find(page, name);
  return page.slice(from, to).trim();
}

/** The page with another part; the rest is left as it is. @throws Error where the page has no such part */
export function replaceMarked(page: string, name: string, content: string): string {
  const { from, to } = find(page, name);
  return `${page.slice(0, from)}\n\n${content}\n\n${page.slice(to)}`;
}

export function hasMarked(page: string, name: string): boolean {
  return page.includes(`<!-- ${name} -->`);
}

function find(page: string, name: string): { from: number; to: number } {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start) + start.length;
  const to = page.indexOf(end, from);
  if (!page.includes(start) || to < 0) throw new Error(`the page has no part between ${start} and ${end}`);
  return { from, to };
}
