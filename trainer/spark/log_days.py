"""
The days of a log: which parts each has, and which of them were read before as they are now. What was read lies as batches of
typed rows in the output, so that a run over one more day reads that day alone.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass

from pyspark.sql import functions as f

from check_events import check_events
from job_error import JobError
from read_parts import PART, read_lines

DAYS_FOLDER = "days"

_DAY = re.compile(r"dt=(\d{4}-\d\d-\d\d)/")


@dataclass(frozen=True)
class LogDay:
    day: str
    parts: int
    bytes: int
    # Parts without a byte, which Spark passes over.
    empty: tuple
    # Of names, sizes and times: a compaction that wrote a part anew makes another.
    fingerprint: str


def days_of_log(files, log):
    """@raise JobError file_not_found where there is no part"""
    if not files.exists(log):
        raise JobError("file_not_found", f"{log} does not exist", path=log)
    parts = {}
    for file in files.files_below(log):
        if PART.search(file.name):
            parts.setdefault(_DAY.search(file.name).group(1), []).append(file)
    if not parts:
        raise JobError(
            "file_not_found",
            f"{log} has no part of a log",
            path=log,
            hint="Name the folder that holds dt=YYYY-MM-DD/hour=HH/*.ndjson.gz.",
        )
    return [_log_day(day, found) for day, found in sorted(parts.items())]


def _log_day(day, parts):
    text = "\n".join(f"{file.name} {file.bytes} {file.modified_ms}" for file in parts)
    empty = tuple(file.name for file in parts if file.bytes == 0)
    return LogDay(day, len(parts), sum(file.bytes for file in parts), empty, hashlib.sha256(text.encode()).hexdigest()[:16])


def read_days(spark, log, days, output, settings):
    """
    Reads days into a new batch of the output.

    @return what the manifest keeps of each: batch, fingerprint, parts, bytes, and how many rows were read and are bad
    """
    if not days:
        return {}
    batch = f"{DAYS_FOLDER}/{uuid.uuid4().hex}"
    lines = read_lines(spark, [f"{log}/dt={each.day}" for each in days], [name for each in days for name in each.empty])
    rows = check_events(lines, settings)
    rows.hint("rebalance", "dt").write.partitionBy("dt").parquet(f"{output}/{batch}")
    # Of days without a row there is no file to tell the columns by.
    written = spark.read.schema(rows.schema).parquet(f"{output}/{batch}")
    counts = written.groupBy(f.col("dt").cast("string").alias("dt")).agg(f.count("*"), f.count("field")).collect()
    counted = {dt: (read, bad) for dt, read, bad in counts}
    return {
        each.day: {
            "batch": batch,
            "fingerprint": each.fingerprint,
            "parts": each.parts,
            "bytes": each.bytes,
            "read": counted.get(each.day, (0, 0))[0],
            "bad": counted.get(each.day, (0, 0))[1],
        }
        for each in days
    }


def rows_of_days(spark, output, kept):
    """The typed rows of all days, good and bad. @param kept days of a manifest, of which one at least has rows"""
    folders = [f"{output}/{day['batch']}/dt={name}" for name, day in sorted(kept.items()) if day["read"] > 0]
    return spark.read.option("recursiveFileLookup", True).parquet(*folders)


def first_bad_rows(rows, count):
    """The first of the rows that cannot be used, as file, row, field and problem."""
    bad = rows.where("field is not null").orderBy("file", "row").limit(count)
    return [row.asDict() for row in bad.select("file", "row", "field", "problem").collect()]
