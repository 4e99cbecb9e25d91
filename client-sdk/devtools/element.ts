/** Makes elements for the panel: a tag, its properties and its children. */

interface Properties {
  readonly class?: string;
  /** `false` and undefined leave one out, `true` writes it empty. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly onClick?: () => void;
}

/** A new HTML element. Text is text: titles of items come from outside. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { class: name, attributes = {}, onClick }: Properties = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made: HTMLElement = document.createElement(tag);
  if (name) made.className = name;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  if (onClick) made.addEventListener("click", onClick);
  made.append(...children);
  return made as HTMLElementTagNameMap[K];
}

/** Says something new only where it is new: what stays is not read out again, and does not blink. */
export function say(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

/** A section with a heading that names it. */
export function section(id: string, title: string, ...children: readonly (Node | string)[]): HTMLElement {
  const heading = element("h2", { attributes: { id: `${id}-title` } }, title);
  return element("section", { attributes: { id, "aria-labelledby": `${id}-title` } }, heading, ...children);
}
