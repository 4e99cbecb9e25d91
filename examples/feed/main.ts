/** The demo page: a film feed on the public SDK, and nothing an app could not do. */
import { createRecommender } from "nearfeed";
import type { Entry } from "nearfeed";
import { mountPanel } from "nearfeed/devtools";
import { createActions } from "./actions.ts";
import { createAnnouncer } from "./announce.ts";
import { createBrowse } from "./browse.ts";
import { createCards } from "./cards.ts";
import { chosenConsent, rememberConsent, showConsent } from "./consent-choice.ts";
import { createDisclosure } from "./disclosure.ts";
import { byId } from "./element.ts";
import { filmLine, filmTitle, type Film } from "./film.ts";
import { coloursOf, GENRES } from "./genre-palette.ts";
import { followConsent } from "./offline.ts";
import { drawPoster } from "./poster.ts";
import { createSession, FILMS_AHEAD, type Verdict } from "./session.ts";
import { listenForKeys } from "./shortcuts.ts";
import { askedState } from "./states.ts";
import { createStatus } from "./status.ts";
import { listenForSwipes } from "./swipe.ts";
import { watchTraining } from "./training.ts";
import { countFilms, milliseconds, VERDICTS } from "./words.ts";

const GENRES_IN_ROWS = 2;
/** More than can leave during one reaction. */
const REMEMBERED_REQUESTS = 100;

const state = askedState();
const recommender = createRecommender<Film>({
  endpoint: new URL("./", location.href),
  publicKey: document.querySelector<HTMLMetaElement>('meta[name="nearfeed-key"]')!.content,
  consent: chosenConsent(),
  ...state?.options,
});
// One more, for the screen while nothing is pinned there.
const feed = recommender.feed({
  surface: "home",
  count: FILMS_AHEAD + 1,
  ...(state?.filter && { filter: state.filter }),
});

const announce = createAnnouncer(byId("live"));
const status = createStatus({
  floors: byId("floors"),
  reaction: byId("reaction"),
  hint: byId("hint"),
  notice: byId("notice"),
});
const cards = createCards(byId("feed"), (id) => session.goTo(id));
const actions = createActions(byId("actions"), {
  like: () => judgeCurrent("like"),
  skip: () => judgeCurrent("skip"),
  hide: () => judgeCurrent("hide"),
  undo,
  why,
});
const help = createDisclosure(byId("help-button"), (open) => (byId("help").hidden = !open));
const sheet = createDisclosure(byId("sheet-handle"), (open) => byId("sheet").classList.toggle("open", open));
const panel = mountPanel(byId("panel"), recommender, {
  describe: (film) => ({ title: filmTitle(film), line: filmLine(film, GENRES_IN_ROWS) }),
  picture: drawPoster,
  colour: (genre) => coloursOf(genre).sky,
  categories: GENRES,
  noun: ["film", "films"],
  onAct: judge,
  onConsent(consent) {
    rememberConsent(consent);
    void followConsent(consent);
  },
});
const browse = createBrowse({ chips: byId("chips"), shelf: byId("shelf") }, recommender, judge);
/** What the person did last, until it is told together with its reaction. */
let said = "";
/** Pieces of evidence that the device has in favour of something. */
let positives = 0;
/** When each request left, by `performance.now()`: what left during a reaction is told with it. */
let sent: number[] = [];
const session = createSession(recommender, feed, () => queueMicrotask(draw));

function draw(): void {
  const snapshot = feed.getSnapshot();
  const { current, next, canUndo } = session;
  cards.draw(session);
  actions.draw({ hasFilm: current !== undefined, canUndo });
  panel.show({ current, next });
  status.floor(snapshot.floor);
  status.offline(snapshot.offline);
  status.hint(hintOf(snapshot));
  document.documentElement.dataset["status"] = snapshot.status;
  byId("feed").classList.toggle("empty", !current);
}

function hintOf({ status: ready, error, entries, id }: ReturnType<typeof feed.getSnapshot>): string {
  if (ready === "failed") return error?.message ?? "No film can be shown.";
  if (entries.length === 0) return id === "" ? "Choosing films …" : "No film matches this filter.";
  if (positives === 0) return "Nothing known about you";
  return `Your taste is here: ${countFilms(positives)} liked`;
}

/** What the device knows of the person, from earlier visits. */
async function readProfile(): Promise<void> {
  ({ positives } = await recommender.profile.get());
  draw();
}

function judge(verdict: Verdict, entry: Entry<Film>): void {
  if (!session.judge(verdict, entry)) return;
  said = `${VERDICTS[verdict].replace(/^\W+/, "")} ${filmTitle(entry.item)}.`;
}

function judgeCurrent(verdict: Verdict): void {
  if (session.current) judge(verdict, session.current);
}

function undo(): void {
  const entry = session.undo();
  if (entry) said = `Taken back: ${filmTitle(entry.item)}.`;
}

/** On a narrow screen the reasons are in the sheet, and the same key puts it away again. */
function why(): void {
  const isClosing = sheet.open && isNarrow();
  sheet.set(!isClosing);
  if (!isClosing) panel.revealWhy();
}

function isNarrow(): boolean {
  return getComputedStyle(byId("sheet-handle")).display !== "none";
}

recommender.on("sent", () => (sent = [...sent.slice(-REMEMBERED_REQUESTS), performance.now()]));
recommender.on("reaction", (notice) => {
  if (notice.type === "impression") return;
  const began = performance.now() - notice.ms;
  status.reaction(notice, sent.filter((at) => at >= began).length);
  if (said === "") return;
  const what = `${said} ${countFilms(notice.ranked)} re-ranked in ${milliseconds(notice.ms)}.`;
  said = "";
  // The session hears of the reaction as well: the next film is there after this turn.
  queueMicrotask(() => announce(session.current ? `${what} Now: ${filmTitle(session.current.item)}.` : what));
});
recommender.on("release", (notice) => {
  status.release(notice);
  void readProfile();
});
recommender.on("error", (error) => status.error(error));
recommender.on("consent", ({ consent }) => {
  showConsent(consent);
  void followConsent(consent);
});
recommender.on("erased", () => {
  browse.close();
  status.forget();
  positives = 0;
});

// The browser knows before the next request does.
for (const kind of ["offline", "online"]) addEventListener(kind, () => void recommender.sync());
listenForKeys({
  l: () => judgeCurrent("like"),
  s: () => judgeCurrent("skip"),
  h: () => judgeCurrent("hide"),
  w: why,
  u: undo,
  j: () => session.forward(),
  k: () => session.back(),
  arrowdown: () => session.forward(),
  arrowup: () => session.back(),
  "?": () => help.set(!help.open),
});
listenForSwipes(byId("feed"), judgeCurrent);
showConsent(recommender.consent);
void followConsent(recommender.consent);
watchTraining(status.progress, state?.training === undefined ? undefined : async () => Response.json(state.training));
if (state?.begin) {
  const { name, begin } = state;
  const end = feed.subscribe(() => {
    if (feed.getSnapshot().entries.length === 0) return;
    end();
    void begin(recommender).finally(() => (document.documentElement.dataset["state"] = name));
  });
}
