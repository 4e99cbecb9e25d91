"""
What is left of the rows of a log: once per event id, without what was undone, repeated or forgotten. The order of the steps
is that of trainer/read/read-dataset.ts.
"""

from pyspark.sql import Window
from pyspark.sql import functions as f


def clean_events(rows, forgotten):
    """
    @param rows as check_events gives them
    @param forgotten subject and until, of requests to delete that the log's keeper has not carried out yet; None for none
    """
    usable = rows.where(f.col("field").isNull()).drop("field", "problem")
    if forgotten is not None:
        is_theirs = (usable["person"] == forgotten["subject"]) & (f.coalesce(usable["received"], usable["ms"]) < forgotten["until"])
        usable = usable.join(f.broadcast(forgotten), is_theirs, "left_anti")
    undone = usable.where((f.col("type") == "undo") & f.col("undoes").isNotNull()).select(f.col("undoes").alias("id")).distinct()
    standing = usable.join(undone, "id", "left_anti").where(f.col("type") != "undo")
    # An event without an id is one of its own.
    named = f.coalesce(f.concat(f.lit("id "), f.col("id")), f.concat_ws(" ", f.lit("row"), "file", "row"))
    once = _first_of(standing.withColumn("named", named), ["named"]).drop("named")
    return _first_of(once, ["person", "item", "ms", "type", "list", "position"]).drop("undoes", "received")


def _first_of(rows, key):
    """The first row of each key. Rows of one key are few, so a window sorts them without trouble."""
    first = f.row_number().over(Window.partitionBy(*key).orderBy("file", "row"))
    return rows.withColumn("nth", first).where("nth = 1").drop("nth")
