/** A button that shows and hides one part of the page, in place: nothing here is a dialogue that has to be answered. */

export interface Disclosure {
  readonly open: boolean;
  set(open: boolean): void;
}

/** @param show makes the part visible or not */
export function createDisclosure(button: HTMLElement, show: (open: boolean) => void): Disclosure {
  let isOpen = false;
  function set(open: boolean): void {
    isOpen = open;
    button.setAttribute("aria-expanded", String(open));
    show(open);
  }
  button.addEventListener("click", () => set(!isOpen));
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !isOpen) return;
    set(false);
    button.focus();
  });
  return {
    get open() {
      return isOpen;
    },
    set,
  };
}
