/** One key an action, as long as nobody is typing. */

/** @param actions lower-case key → what it does */
export function listenForKeys(actions: Readonly<Record<string, () => void>>): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
    actions[event.key.toLowerCase()]?.();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement ? target.type !== "radio" : target instanceof HTMLTextAreaElement;
}
