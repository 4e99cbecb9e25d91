"""Whole numbers for ids, from 0 in the order of their text, because pairs of them are what is shuffled and ALS takes nothing else."""

from pyspark.sql import functions as f

# monotonically_increasing_id counts each partition's rows in these bits.
_ROW_BITS = 33


def numbered(ids, name, code):
    """Distinct values of a column with a number each. They are counted once by partition, never gathered in one."""
    ordered = ids.select(name).distinct().sort(name).withColumn("at", f.monotonically_increasing_id())
    ordered = ordered.persist()
    partition = f.shiftright("at", _ROW_BITS)
    sizes = dict(ordered.groupBy(partition.alias("partition")).count().collect())
    begin, starts = 0, []
    for key in sorted(sizes):
        starts.append((key, begin))
        begin += sizes[key]
    spark = ids.sparkSession
    table = f.broadcast(spark.createDataFrame(starts or [(0, 0)], "partition long, begin long"))
    within = f.col("at").bitwiseAND(f.lit((1 << _ROW_BITS) - 1))
    found = ordered.withColumn("partition", partition).join(table, "partition")
    return found.select(name, (f.col("begin") + within).cast("int").alias(code))
