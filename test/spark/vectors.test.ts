/** The long form: MLlib's vectors, of either of two seeds, are worth what the trainer's own are, by themselves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { DEFAULT_ITEMS, fitItems } from "../../trainer/items/fit-items.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { preparedFor, readPrepared } from "../../trainer/read/read-prepared.ts";
import { eventsFrom } from "../../trainer/split/split-at.ts";
import { IS_LONG } from "../harness/spark/long.ts";
import { type SparkPython, sparkPython } from "../harness/spark/spark-python.ts";
import { runSpark } from "../harness/spark/spark-run.ts";
import { DAY_MS, FIRST_DAY_MS, itemName, syntheticLog } from "../harness/spark/synthetic-log.ts";
import { vectorWorth } from "../harness/spark/vector-worth.ts";
import { SMALL_LOG } from "../harness/spark/wild-log.ts";
import { writeLog } from "../harness/spark/write-log.ts";

/** Of our own. Vectors differ by chance too: of two seeds of our own by .5 %. */
const LEAST_WORTH = 0.98;

/** Enough likes that 2 % are told from chance. */
const FOLLOWING_EVENTS = 20_000;

const spark: SparkPython = IS_LONG ? await sparkPython() : { missing: "it is the long form, npm run test:spark" };
if (spark.missing !== undefined) console.warn(`The worth of Spark's vectors is skipped: ${spark.missing}`);

describe.skipIf(spark.missing !== undefined)("vectors of the Spark job", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearfeed-vectors-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("find as many likes of the days that follow as the trainer's own, within 2 %, and so do those of another run", async () => {
    const [log, following] = [join(folder, "events"), join(folder, "following/events")];
    await writeLog(folder, syntheticLog(SMALL_LOG));
    await rm(join(folder, "forgotten"), { recursive: true });
    const later = { ...SMALL_LOG, seed: 2, from: SMALL_LOG.days, events: FOLLOWING_EVENTS };
    await writeLog(join(folder, "following"), syntheticLog(later));
    const known = Array.from({ length: SMALL_LOG.items }, (_, item) => itemName(item));
    const { dataset: train } = await readDataset({ events: [log], known });
    const { dataset: whole } = await readDataset({ events: [log, following], known });
    const ranges = eventsFrom(whole, FIRST_DAY_MS + SMALL_LOG.days * DAY_MS);
    const options = { ...DEFAULT_ITEMS, seed: 1, signals: DEFAULT_SIGNALS };
    const worth = await vectorWorth(whole, await fitItems(train, options), ranges, 1);
    for (const seed of [1, 2]) {
      const out = join(folder, `prepared-${seed}`);
      await runSpark({ python: spark.python!, log, out, args: ["--holdout=0", `--seed=${seed}`] });
      const prepared = preparedFor(train.items, await readPrepared(out));
      const theirs = await vectorWorth(whole, await fitItems(train, { ...options, prepared }), ranges, 1);
      console.log(`NDCG@10 by vectors alone: ${worth.toFixed(4)} ours, ${theirs.toFixed(4)} MLlib's, seed ${seed}`);
      expect(theirs).toBeGreaterThan(LEAST_WORTH * worth);
    }
  });
});
