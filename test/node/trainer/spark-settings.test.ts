import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JOB_FOLDER } from "../../../trainer/spark/run-job.ts";
import { sparkSettings } from "../../../trainer/spark/settings.ts";

test("settings.json, which the Spark job reads, is what the trainer does (npm run docs writes it)", () => {
  const text = readFileSync(join(JOB_FOLDER, "settings.json"), "utf8");
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(sparkSettings())));
});
