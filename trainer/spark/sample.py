"""
Whole people by a seeded hash of their id, for the steps of training that want histories; and the events that are held out of
them, so that what is learnt of everybody has not seen what is chosen or measured on.
"""

from pyspark.sql import Window
from pyspark.sql import functions as f

# Of the hash: enough for shares of a millionth.
HASH_DIGITS = 8


def is_sampled(share, seed):
    digits = f.substring(f.md5(f.concat(f.lit(f"{seed}:"), f.col("person"))), 1, HASH_DIGITS)
    return f.conv(digits, 16, 10).cast("double") / float(16**HASH_DIGITS) < share


def with_held_out(events, share, seed, holdout):
    """
    Adds sampled and held: the last 2 · holdout events of every sampled person who has one more at least. The first half of them is
    what the trainer chooses by, the other what it measures on.
    """
    marked = events.withColumn("sampled", is_sampled(share, seed))
    if holdout == 0:
        return marked.withColumn("held", f.lit(False))
    history = Window.partitionBy("person")
    from_end = f.row_number().over(history.orderBy(*[f.desc(name) for name in ("ms", "item", "file", "row")]))
    held = (f.count("*").over(history) > 2 * holdout) & (from_end <= 2 * holdout)
    return marked.withColumn("held", f.col("sampled") & held)


def sample_rows(marked):
    """The sampled people's events, named as the trainer's reader finds them."""
    names = {"person": "subject", "dwell": "dwellMs", "ms": "at"}
    # Whoever reads the files one after the other has the order of the log, of equal times too.
    ordered = marked.where("sampled").sort("person", "ms", "item", "file", "row")
    rows = ordered.select("id", "person", "item", "ms", "type", "value", "dwell", "fraction", "list", "position", "propensity", "surface")
    return rows.withColumnsRenamed(names).withColumn("at", f.col("at").cast("long"))
