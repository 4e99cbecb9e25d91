/** Makes elements: a tag, its properties and its children. No templates, no diffing. */

type Children = readonly (Node | string)[];

interface Properties {
  class?: string;
  /** Attributes as they are written in HTML; `false` and absent leave one out, `true` writes it empty. */
  attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
  onClick?: () => void;
}

/** A new HTML element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Children
): HTMLElementTagNameMap[K] {
  const made: HTMLElement = document.createElement(tag);
  if (properties.class) made.className = properties.class;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  if (properties.onClick) made.addEventListener("click", properties.onClick);
  made.append(...children);
  return made as HTMLElementTagNameMap[K];
}

/** The element with this id, which the page's HTML has. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found;
}
