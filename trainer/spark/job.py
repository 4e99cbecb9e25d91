"""
From the event log to what training takes: clean interactions, items as of each day, neighbour lists, vectors, and a sample of
whole people, as Parquet. `spark-submit job.py --log … --out …`; `nearfeed spark` starts it on this machine. It trains nothing
else and publishes nothing: that is `nearfeed train --prepared`.

Its last line on the standard output is one JSON object, the result or an error.
"""

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path

import pyspark.cloudpickle
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

import read_parts
from clean_events import clean_events
from hadoop_files import HadoopFiles
from interactions import by_person_and_item, interactions_of
from item_signals import with_signals
from item_statistics import statistics_by_day, statistics_of
from job_error import JobError
from log_days import days_of_log, first_bad_rows, read_days, rows_of_days
from neighbours import neighbour_lists
from numbered import numbered
from output import FORMAT, commit, new_run, read_manifest, sweep
from sample import sample_rows, with_held_out
from vectors import item_vectors

BAD_ROW_SAMPLES = 20

PARENT_EVERY_S = 1

# What the patterns of Hadoop's paths are made of.
PATTERN = "*?[]{}"

# Bytes of disk for each byte of a gzip part: an output is about as large as its log (of 10,000 events 1.1 times), the one before
# stays until it is whole, and shuffles of pairs take as much again.
DISK_PER_LOG_BYTE = 4


def main(argv):
    options = parse_arguments(argv)
    end_with_parent()
    settings = json.loads(Path(options.settings).read_text("utf-8"))
    # Workers of a cluster have no copy of these files.
    pyspark.cloudpickle.register_pickle_by_value(read_parts)
    spark = SparkSession.builder.appName("nearfeed").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        print(json.dumps(run(spark, options, settings), ensure_ascii=False), flush=True)
        return 0
    except JobError as error:
        return refuse(error)
    except (Py4JJavaError, PySparkException) as error:
        return refuse(of_spark(error, options))
    finally:
        spark.stop()


def end_with_parent():
    """Whoever started the job may be killed: nobody would then end it."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(PARENT_EVERY_S)
        # Java ends when its standard input does, and Python's workers with it.
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def refuse(error):
    print(json.dumps({"error": error.as_json()}, ensure_ascii=False), flush=True)
    return 1


def of_spark(error, options):
    """What the systems below Spark refuse, in words; anything else with its own."""
    text = str(error)
    if "No space left on device" in text:
        hint = "Make room: the output lies on one disk, what is shuffled on that of spark.local.dir."
        return JobError("write_failed", "The disk is full; the output is as it was before", path=options.out, hint=hint)
    for word in ("AccessDenied", "Access Denied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"):
        if word in text and "s3a" in f"{options.log}{options.out}":
            return JobError(
                "bad_file",
                f"The bucket refuses: {first_line(text)}",
                path=options.log,
                hint="The key needs to list and read the log, and to list, read, write and delete the output.",
            )
    return JobError("internal", first_line(text), hint="The whole message is in Spark's log.")


def first_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "Exception" in line or "Error" in line), lines[0] if lines else "no message")


def run(spark, options, settings):
    started = time.monotonic()
    check_places(options)
    files = HadoopFiles(spark)
    before = read_manifest(files, options.out)
    say = Steps()
    say("days of the log")
    found = days_of_log(files, options.log)
    known = before["days"] if before and before["settings"]["limits"] == settings["limits"] else {}
    new = [day for day in found if known.get(day.day, {}).get("fingerprint") != day.fingerprint]
    check_disk(files, options.out, sum(day.bytes for day in found))
    sweep(files, options.out, before)

    say(f"{len(new)} of {len(found)} days")
    read = read_days(spark, options.log, new, options.out, settings)
    days = {day.day: read.get(day.day) or known[day.day] for day in found}
    counts = {"read": sum(day["read"] for day in days.values()), "bad": sum(day["bad"] for day in days.values())}
    if counts["read"] == 0:
        raise JobError("no_data", f"No event in {options.log}", path=options.log)
    rows = rows_of_days(spark, options.out, days)
    samples = first_bad_rows(rows, BAD_ROW_SAMPLES) if counts["bad"] > 0 else []
    check_bad_rows(counts, samples, options.max_bad_rows)

    run_folder = new_run()
    place = f"{options.out}/{run_folder}"
    say("clean events")
    forgotten = forgotten_of(spark, files, options.forgotten)
    clean = with_signals(clean_events(rows, forgotten), settings["signals"])
    clean.write.parquet(f"{place}/clean")
    clean = spark.read.parquet(f"{place}/clean")
    events = clean.count()
    if events == 0:
        raise JobError("no_data", f"No usable event in {options.log}", path=options.log)
    share = options.sample if options.sample is not None else min(1.0, settings["sampleEvents"] / events)
    marked = with_held_out(clean, share, options.seed, options.holdout)
    sample_rows(marked).write.parquet(f"{place}/sample")

    say("interactions")
    interactions = interactions_of(clean)
    public = interactions.select("person", "list", "item", f.col("ms").cast("long").alias("at"), "target", "confidence", "explicit")
    public.write.parquet(f"{place}/interactions")
    say("statistics")
    statistics_by_day(clean).write.parquet(f"{place}/statistics")

    # From here on only what is not held out.
    learnt = marked.where(~f.col("held"))
    standing = by_person_and_item(interactions_of(learnt)).persist()
    codes = numbered(clean, "item", "code").persist()
    items = codes.select("item").join(statistics_of(standing), "item", "left").na.fill(0)
    items.write.parquet(f"{place}/items")
    say("neighbours")
    neighbour_lists(learnt, codes, settings["neighbours"]).write.parquet(f"{place}/neighbours")
    say("vectors")
    vectors = item_vectors(standing, codes, settings["vectors"], options.seed).persist()
    vectors.write.parquet(f"{place}/vectors")
    space = vectors.first()

    sample = spark.read.parquet(f"{place}/sample")
    manifest = {
        "format": FORMAT,
        "createdAt": int(time.time() * 1000),
        "run": run_folder,
        "days": days,
        "rows": {**counts, "samples": samples},
        "events": events,
        "people": clean.select("person").distinct().count(),
        "items": codes.count(),
        "holdout": options.holdout,
        "sample": {"share": share, "seed": options.seed, "events": sample.count()},
        "vectors": {"dim": settings["vectors"]["dim"], "space": space["space"] if space else "", "count": vectors.count()},
        "neighbours": {"perItem": settings["neighbours"]["perItem"]},
        "settings": settings,
    }
    files.delete(f"{place}/clean")
    commit(files, options.out, manifest)
    say("done")
    return {
        "out": options.out,
        "daysRead": [day.day for day in new],
        "days": len(days),
        "rows": manifest["rows"],
        **{name: manifest[name] for name in ("events", "people", "items", "sample", "vectors")},
        "seconds": round(time.monotonic() - started, 1),
        "steps": say.seconds,
    }


class Steps:
    """Says what begins, and keeps how long each step took."""

    def __init__(self):
        self.seconds, self._name, self._since = {}, None, time.monotonic()

    def __call__(self, name):
        now = time.monotonic()
        if self._name is not None:
            self.seconds[self._name] = round(now - self._since, 1)
        self._name, self._since = name, now
        print(json.dumps({"step": name}), flush=True)


def check_places(options):
    """Hadoop takes a path for a pattern, and would find none of what was written there."""
    for path in (options.log, options.out):
        found = [each for each in PATTERN if each in path]
        if found:
            raise JobError("bad_argument", f'{path} has a "{found[0]}", which Hadoop takes for a pattern', path=path, hint="Rename the folder.")


def check_disk(files, out, log_bytes):
    free = files.free_bytes(out)
    needed = log_bytes * DISK_PER_LOG_BYTE
    if free is not None and free < needed:
        raise JobError(
            "write_failed",
            f"{out} has {free} bytes free, about {needed} are needed for a log of {log_bytes}",
            path=out,
            hint="Make room, or name an output on another disk.",
        )


def check_bad_rows(counts, samples, limit):
    allowed = int(counts["read"] * float(limit[:-1]) / 100) if limit.endswith("%") else int(limit)
    if counts["bad"] <= allowed:
        return
    shown = "; ".join(f"{row['file']} row {row['row']}, {row['field']}: {row['problem']}" for row in samples[:5])
    first = samples[0]
    raise JobError(
        "too_many_bad_rows",
        f"{counts['bad']} of {counts['read']} rows cannot be used, {allowed} are allowed. First: {shown}",
        path=f"{first['file']}:{first['row']}:{first['field']}",
        hint="Repair the log, or allow more with --max-bad-rows N or N%.",
    )


def forgotten_of(spark, files, folder):
    """Requests to delete that wait in the bucket; None where there are none."""
    if folder is None or not files.exists(folder):
        return None
    records = [file.name for file in files.files_below(folder) if file.name.endswith(".json")]
    if not records:
        return None
    return spark.read.schema("subject string, until double").json([f"{folder}/{name}" for name in records])


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="job.py", description="Prepares an event log for nearfeed train --prepared.")
    parser.add_argument("--log", required=True, help="folder of dt=…/hour=…/*.ndjson.gz, a path or s3a://bucket/events")
    parser.add_argument("--out", required=True, help="folder of the output, a path or s3a://bucket/prepared")
    parser.add_argument("--forgotten", help="folder of requests to delete (default: forgotten beside the log)")
    parser.add_argument("--settings", default=str(Path(__file__).parent / "settings.json"), help="file of settings")
    parser.add_argument("--sample", type=float, help="share of people for the training sample (default: about a million events)")
    parser.add_argument("--holdout", type=int, default=10, help="events of each sampled person that train holds out")
    parser.add_argument("--max-bad-rows", default="1%", help="rows that may be unusable, N or N%%")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    options.log, options.out = options.log.rstrip("/"), options.out.rstrip("/")
    if options.forgotten is None:
        options.forgotten = f"{options.log.rsplit('/', 1)[0]}/forgotten"
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
