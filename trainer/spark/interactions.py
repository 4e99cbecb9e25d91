"""
Which of several signals stands: explicit beats observed, the latest explicit wins, else the most confident, of equals the
latest. Written as an order, so that the standing signal is a maximum: it can then be taken of parts first, in any grouping.
"""

from pyspark.sql import functions as f

# A signal as a value that is greater where it replaces another.
def standing_order():
    """Of rows with ms, file and row, which tell what is later."""
    most = f.when(f.col("explicit"), f.lit(0.0)).otherwise(f.col("confidence"))
    return f.struct("explicit", most.alias("most"), "ms", "file", "row", "target", "confidence")


def interactions_of(signals):
    """One signal for each person, list and item; `list` is '' where there was none."""
    saying = signals.where("confidence > 0").withColumn("list", f.coalesce("list", f.lit("")))
    standing = saying.groupBy("person", "list", "item").agg(f.max(standing_order()).alias("standing"))
    return standing.select("person", "list", "item", "standing.*")


def by_person_and_item(interactions):
    """One signal for each person and item, as if their history were one list."""
    standing = interactions.groupBy("person", "item").agg(f.max(standing_order()).alias("standing"))
    return standing.select("person", "item", "standing.*")
