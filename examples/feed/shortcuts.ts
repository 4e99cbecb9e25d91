/** One key an action, as long as nobody is typing and no control has use for the key itself. */

/** @param actions lower-case key → what it does */
export function listenForKeys(actions: Readonly<Record<string, () => void>>): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (isTyping(target) || (event.key.startsWith("Arrow") && !isOfTheFeed(target))) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    if (!event.repeat) action();
  });
}

function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof HTMLInputElement ? target.type !== "radio" : target instanceof HTMLTextAreaElement;
}

/** Elsewhere the arrows scroll, or choose. */
function isOfTheFeed(target: EventTarget | undefined): boolean {
  return target === document.body || (target instanceof Element && target.closest("#feed, #actions") !== null);
}
