/** The demo page: a film feed on the public SDK, and nothing an app could not do. */
import { createRecommender } from "nearfeed";
import type { Entry } from "nearfeed";
import { createBrowse } from "./browse.ts";
import { byId } from "./element.ts";
import { filmTitle, type Film } from "./film.ts";
import { drawMix, drawTaste } from "./meters.ts";
import { followConsent } from "./offline.ts";
import { chosenConsent, drawPrivacy } from "./privacy.ts";
import { createQueue } from "./queue.ts";
import { createSession, FILMS_AHEAD, type Verdict } from "./session.ts";
import { listenForKeys } from "./shortcuts.ts";
import { createStage } from "./stage.ts";
import { createStatus } from "./status.ts";

const recommender = createRecommender<Film>({
  endpoint: new URL("./", location.href),
  publicKey: document.querySelector<HTMLMetaElement>('meta[name="nearfeed-key"]')!.content,
  consent: chosenConsent(),
});
// One more, for the middle of the page while nothing is pinned there.
const feed = recommender.feed({ surface: "home", count: FILMS_AHEAD + 1 });

/** Every film the page has met, for the words of explanations. */
const titles = new Map<string, string>();
const met = (entries: readonly Entry<Film>[]) => {
  for (const { id, item } of entries) titles.set(id, filmTitle(item));
};

const judge = (verdict: Verdict, entry: Entry<Film>) => session.judge(verdict, entry);
const undo = () => session.undo();

const status = createStatus({
  floors: byId("floors"),
  release: byId("release"),
  reaction: byId("reaction"),
  notice: byId("notice"),
});
const stage = createStage(byId("stage"), byId("reaction"), {
  judge,
  undo,
  explain: (entry) => recommender.explain(entry),
  titleOf: (id) => titles.get(id),
});
const queue = createQueue(byId("queue"), judge);
const browse = createBrowse({ chips: byId("chips"), shelf: byId("shelf") }, recommender, { judge, met });
const session = createSession(recommender, feed, () => queueMicrotask(draw));

function draw(): void {
  const snapshot = feed.getSnapshot();
  met(snapshot.entries);
  const message = snapshot.status === "failed" ? (snapshot.error?.message ?? "") : "Choosing films …";
  stage.draw(session.current, { canUndo: session.canUndo, message });
  queue.draw(session.next);
  drawMix(byId("mix"), session.next);
  status.floor(snapshot.floor);
  status.offline(snapshot.offline);
}

async function drawProfile(): Promise<void> {
  const profile = await recommender.profile.get();
  drawTaste(byId("taste"), profile);
  byId("taste").dataset["positives"] = String(profile.positives);
  byId("taste-none").hidden = profile.positives > 0;
}

recommender.on("reaction", (notice) => {
  if (!session.isVerdict(notice.event)) return;
  status.reaction(notice);
  void drawProfile();
});
recommender.on("release", ({ release }) => {
  status.release(release);
  void drawProfile();
});
recommender.on("error", (error) => status.error(error));

drawPrivacy(byId("privacy"), recommender, {
  consented: (consent) => void followConsent(consent),
  erasing: () => session.forget(),
  erased: () => {
    browse.close();
    byId("reaction").hidden = true;
    void drawProfile();
  },
});
listenForKeys({
  l: () => session.current && judge("like", session.current),
  s: () => session.current && judge("skip", session.current),
  u: undo,
});
void followConsent(recommender.consent);
