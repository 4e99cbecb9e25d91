"""
Items as of the end of each UTC day: how many people a positive signal stands of, how strongly, and what was counted. A row where
something changed, so what held on a day is the last row up to it. Late events count for the day on which they happened.
"""

from pyspark.sql import Window
from pyspark.sql import functions as f

from interactions import standing_order
from whole_sums import as_whole, from_whole

DAY_MS = 86_400_000

# Kinds that are counted by themselves, and what the count is called.
COUNTED = {"impression": "impressions", "view": "views", "click": "clicks", "like": "likes", "skip": "skips"}


def statistics_by_day(signals):
    """Columns item, day, people, popularity, events and one for each of COUNTED, all from the beginning of the log."""
    dated = signals.withColumn("day", f.to_date(f.timestamp_millis(f.col("ms").cast("long"))))
    counts = {name: f.count_if(f.col("type") == kind).alias(name) for kind, name in COUNTED.items()}
    counted = dated.groupBy("item", "day").agg(f.count("*").alias("events"), *counts.values())
    changed = _changes(dated).groupBy("item", "day").agg(f.sum("people").alias("people"), f.sum("whole").alias("whole"))
    both = counted.join(changed, ["item", "day"], "left").na.fill(0, ["people", "whole"])
    so_far = Window.partitionBy("item").orderBy("day").rowsBetween(Window.unboundedPreceding, 0)
    names = ["people", "whole", "events", *COUNTED.values()]
    sums = both.select("item", "day", *[f.sum(name).over(so_far).alias(name) for name in names])
    return sums.withColumn("popularity", from_whole(f.col("whole"))).drop("whole")


def statistics_of(standing):
    """The same two figures from signals of persons and items, for all days at once."""
    positive = standing.where("target > 0").groupBy("item")
    sums = positive.agg(f.count("*").alias("people"), f.sum(as_whole(_strength("target", "confidence"))).alias("whole"))
    return sums.select("item", "people", from_whole(f.col("whole")).alias("popularity"))


def _changes(dated):
    """What each person's signals of a day changed in the people and the popularity of an item."""
    last = dated.where("confidence > 0").groupBy("person", "item", "day").agg(f.max(standing_order()).alias("last"))
    days = Window.partitionBy("person", "item").orderBy("day")
    until = f.max("last").over(days.rowsBetween(Window.unboundedPreceding, 0))
    after = last.withColumn("after", until).withColumn("before", f.lag("after").over(days))
    people = {name: f.coalesce((f.col(f"{name}.target") > 0).cast("long"), f.lit(0)) for name in ("before", "after")}
    whole = {
        name: f.coalesce(as_whole(_strength(f"{name}.target", f"{name}.confidence")), f.lit(0))
        for name in ("before", "after")
    }
    return after.select(
        "item",
        "day",
        (people["after"] - people["before"]).alias("people"),
        (whole["after"] - whole["before"]).alias("whole"),
    )


def _strength(target, confidence):
    return f.col(target) * f.col(confidence)
