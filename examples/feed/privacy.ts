/** The consent switch and the erase button, each saying in place what it does. */
import type { Consent, Recommender } from "nearfeed";
import { element } from "./element.ts";
import type { Film } from "./film.ts";

const LEVELS: readonly { consent: Consent; name: string; words: string }[] = [
  {
    consent: "denied",
    name: "Memory only",
    words: "Your taste lives in this page's memory. Nothing is stored or sent.",
  },
  {
    consent: "local",
    name: "On this device",
    words: "Your taste is stored in this browser. Nothing about you leaves it.",
  },
  { consent: "full", name: "Share", words: "Also sends what you do, under a random id, to train better models." },
];

/** Remembers the choice itself, and nothing else. */
const CHOICE_KEY = "nearfeed-demo-consent";

/** How long the erase button asks before it goes back. */
const ARMED_MS = 5_000;

/** The level chosen earlier; the demo starts with `local`, and shows that it does. */
export function chosenConsent(): Consent {
  const chosen = localStorage.getItem(CHOICE_KEY);
  return LEVELS.find(({ consent }) => consent === chosen)?.consent ?? "local";
}

interface Handlers {
  consented(consent: Consent): void;
  /** Called before anything is deleted. */
  erasing(): void;
  erased(): void;
}

/** Draws into `root`. */
export function drawPrivacy(root: HTMLElement, recommender: Recommender<Film>, handlers: Handlers): void {
  const words = element("p", { class: "privacy-words", attributes: { id: "privacy-words" } });
  const inputs = LEVELS.map(({ consent }) => {
    const attributes = { type: "radio", name: "consent", value: consent, "aria-describedby": "privacy-words" };
    const input = element("input", { attributes });
    input.addEventListener("change", () => void choose(consent));
    return input;
  });
  const labels = LEVELS.map(({ name }, i) => element("label", {}, inputs[i]!, element("span", {}, name)));
  const legend = element("legend", { class: "hidden" }, "What may be stored and sent");
  root.replaceChildren(element("fieldset", { class: "switch" }, legend, ...labels), words, eraseButton());
  show();

  async function choose(consent: Consent): Promise<void> {
    localStorage.setItem(CHOICE_KEY, consent);
    await recommender.setConsent(consent);
    show();
    handlers.consented(recommender.consent);
  }

  /** What holds, which a browser-wide refusal may have lowered. */
  function show(): void {
    const level = LEVELS.findIndex(({ consent }) => consent === recommender.consent);
    inputs[level]!.checked = true;
    words.textContent = LEVELS[level]!.words;
    document.documentElement.dataset["consent"] = recommender.consent;
  }

  function eraseButton(): HTMLButtonElement {
    let armed: ReturnType<typeof setTimeout> | undefined;
    const button = element(
      "button",
      { class: "button plain erase", attributes: { type: "button", "data-action": "erase" } },
      "Erase my data",
    );
    const disarm = () => {
      clearTimeout(armed);
      armed = undefined;
      button.textContent = "Erase my data";
      button.classList.remove("armed");
    };
    button.addEventListener("click", async () => {
      if (armed === undefined) {
        button.textContent = "Really erase everything?";
        button.classList.add("armed");
        armed = setTimeout(disarm, ARMED_MS);
        return;
      }
      disarm();
      button.disabled = true;
      handlers.erasing();
      await recommender.erase();
      button.disabled = false;
      handlers.erased();
    });
    return button;
  }
}
