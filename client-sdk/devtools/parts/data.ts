/** "Your data": the level of consent, and the button that erases everything; each says in place what it does. */
import type { Consent, EraseResult } from "../../types.ts";
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";

const LEVELS: readonly { readonly consent: Consent; readonly name: string; readonly words: string }[] = [
  {
    consent: "denied",
    name: "Memory only",
    words: "Your taste lives in this page's memory. Nothing is stored or sent.",
  },
  {
    consent: "local",
    name: "On this device",
    words:
      "Your taste is stored in this browser, and nothing that you do is sent. Of a large catalogue, it chooses the parts that are fetched.",
  },
  {
    consent: "full",
    name: "Share",
    words:
      "Also sends what you do, under a random id, to train better models. A large catalogue may be searched by your taste.",
  },
];

/** How long the button asks before it goes back. */
const ARMED_MS = 5_000;

/** Of the level that sends: an arrow key that passes over it must not have chosen it. */
const CHOSEN_AFTER_MS = 700;

const REMOTE: Readonly<Record<EraseResult["remote"], string>> = {
  none: "Erased. This browser has no id that anything was sent under.",
  sent: "Erased here. The edge has taken the request, and deletes its part within a day.",
  pending: "Erased here. The edge will be asked as soon as it can be reached.",
};

export function createDataPart<T>({ recommender, settings, refresh, announce }: PartContext<T>): Part<T> {
  let choosing: ReturnType<typeof setTimeout> | undefined;
  const words = element("p", { class: "quiet", attributes: { id: "consent-words" } });
  const outcome = element("p", { class: "quiet", attributes: { id: "erased-words" } });
  const inputs = LEVELS.map(({ consent }) => {
    const attributes = { type: "radio", name: "consent", value: consent, "aria-describedby": "consent-words" };
    const input = element("input", { attributes });
    input.addEventListener("change", () => {
      clearTimeout(choosing);
      // Who closes the panel meanwhile has not chosen.
      if (consent === "full") choosing = setTimeout(() => input.isConnected && void choose(consent), CHOSEN_AFTER_MS);
      else void choose(consent);
    });
    return input;
  });
  const labels = LEVELS.map(({ name }, i) => element("label", {}, inputs[i]!, element("span", {}, name)));
  const legend = element("legend", { class: "unseen" }, "What may be stored and sent");
  const erase = eraseButton();

  async function choose(consent: Consent): Promise<void> {
    choosing = undefined;
    await recommender.setConsent(consent);
    settings.onConsent(recommender.consent);
    refresh();
    show();
  }

  /** What holds, which a browser-wide refusal may have lowered. */
  function show(): void {
    if (choosing !== undefined) return;
    const level = LEVELS.findIndex(({ consent }) => consent === recommender.consent);
    inputs[level]!.checked = true;
    say(words, LEVELS[level]!.words);
  }

  function eraseButton(): HTMLButtonElement {
    const ask = "Erase my data";
    let armed: ReturnType<typeof setTimeout> | undefined;
    const button = element("button", { class: "plain", attributes: { type: "button", "data-action": "erase" } }, ask);
    const disarm = () => {
      clearTimeout(armed);
      armed = undefined;
      button.textContent = ask;
      button.classList.remove("armed");
    };
    button.addEventListener("click", async () => {
      if (button.ariaDisabled === "true") return;
      say(outcome, "");
      if (armed === undefined) {
        button.textContent = "Really erase everything?";
        button.classList.add("armed");
        armed = setTimeout(disarm, ARMED_MS);
        return;
      }
      disarm();
      // Not disabled, which would take the focus away.
      button.ariaDisabled = "true";
      const { local, remote } = await recommender.erase();
      button.ariaDisabled = "false";
      const done = local === "erased" ? REMOTE[remote] : "It could not be erased from this browser's storage.";
      say(outcome, done);
      announce(done);
      refresh();
    });
    return button;
  }

  show();
  return {
    element: section(
      "data",
      "Your data",
      element("fieldset", { class: "levels" }, legend, ...labels),
      words,
      erase,
      outcome,
    ),
    draw: show,
  };
}
