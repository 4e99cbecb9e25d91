"""Item vectors by MLlib's implicit ALS (Hu, Koren, Volinsky 2008), and the name of the space that they span."""

from pyspark.ml.recommendation import ALS
from pyspark.sql import functions as f

from numbered import numbered


# A block is solved by one task: enough ratings to be worth one, and never more blocks than a cluster has use for.
RATINGS_PER_BLOCK = 500_000
MOST_BLOCKS = 200


def item_vectors(standing, codes, options, seed):
    """
    Columns item, vector and space; items that nobody has met have none.

    @param standing one signal for each person and item
    """
    people = numbered(standing, "person", "whose")
    # A signal of y = 0 is one against: its confidence counts, and what is preferred is 0.
    rating = f.when(f.col("target") > 0, f.col("target") * f.col("confidence")).otherwise(-f.col("confidence"))
    ratings = standing.join(people, "person").join(codes, "item").select("whose", "code", rating.cast("float").alias("rating"))
    ratings = ratings.persist()
    blocks = min(MOST_BLOCKS, 2 + ratings.count() // RATINGS_PER_BLOCK)
    als = ALS(
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        userCol="whose",
        itemCol="code",
        ratingCol="rating",
        implicitPrefs=True,
        rank=options["dim"],
        maxIter=options["sweeps"],
        regParam=options["regularization"],
        alpha=options["alpha"],
        seed=seed,
    )
    factors = als.fit(ratings).itemFactors
    found = factors.join(codes, factors["id"] == codes["code"]).select("item", f.col("features").alias("vector")).persist()
    return found.withColumn("space", f.lit(_space_of(found)))


def _space_of(vectors):
    """16 hex digits of what the vectors are, in any order."""
    (digest,) = vectors.agg(f.bit_xor(f.xxhash64("item", "vector"))).first()
    return f"{(digest or 0) & (2**64 - 1):016x}"
