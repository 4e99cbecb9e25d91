"""
Parts of the log as lines with their numbers. A part is gzip NDJSON; one that is torn gives the lines before the tear and,
as one bad row, the tear; one with damaged bytes gives a bad row alone. It knows nothing of events. The trainer's own
reading does the same (trainer/read/torn-parts.ts).
"""

import re
import zlib

import pyarrow as pa

# Lines of one Arrow batch: a part of any size goes through in pieces.
LINES_AT_ONCE = 8_192

# Of a part that is decompressed at a time.
PIECE_BYTES = 1 << 20

# Rows of an Arrow batch on the way in are whole parts: few of them, or a worker would hold them all.
PARTS_AT_ONCE = 16

PART = re.compile(r"dt=\d{4}-\d\d-\d\d/hour=\d\d/[^/]+\.ndjson\.gz$")

LINE_SCHEMA = "file string, row long, line string, problem string"
_ARROW_SCHEMA = pa.schema(
    [("file", pa.string()), ("row", pa.int64()), ("line", pa.string()), ("problem", pa.string())]
)


def read_lines(spark, folders, empty):
    """
    A row for every line that is not blank. Problems are said in words; `line` is then null.

    @param empty names of the parts without a byte
    """
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", PARTS_AT_ONCE)
    # The names of the folders are no columns here.
    options = {"pathGlobFilter": "*.ndjson.gz", "recursiveFileLookup": True}
    parts = spark.read.format("binaryFile").options(**options).load(folders)
    lines = parts.select("path", "content").mapInArrow(_lines_of_batches, LINE_SCHEMA)
    if not empty:
        return lines
    problems = [(name, 1, None, "got no bytes, expected a gzip file") for name in empty]
    return lines.unionByName(spark.createDataFrame(problems, LINE_SCHEMA))


def _lines_of_batches(batches):
    for batch in batches:
        for path, content in zip(batch.column("path"), batch.column("content")):
            yield from _lines_of_part(path.as_py(), content.as_buffer())


def _lines_of_part(path, content):
    found = PART.search(path)
    name = found.group() if found else path
    rows, row = [], 0
    for line, problem in _numbered_lines(memoryview(content)):
        row += 1
        if line is not None and not line.strip():
            continue
        text = None
        if line is not None:
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                problem = f"got bytes that are no UTF-8 at {error.start}, expected a JSON object"
        rows.append((name, row, text, problem))
        if len(rows) == LINES_AT_ONCE:
            yield _batch(rows)
            rows = []
    if rows:
        yield _batch(rows)


def _numbered_lines(content):
    """Every line as (bytes, None); where the part breaks off, (None, what is wrong)."""
    try:
        # Damage may be found at the end only, and what was inflated before is then not to be trusted.
        for data, is_whole in _inflated(content):
            pass
    except zlib.error as error:
        yield None, f"got damaged bytes ({str(error).split(': ', 1)[-1]}), expected gzip"
        return
    rest = b""
    for data, is_whole in _inflated(content):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line, None
    # What stands before a tear is half a line.
    if not is_whole:
        yield None, "got the end of the file in the middle of the gzip stream: it is torn"
    elif rest:
        yield rest, None


def _inflated(content):
    """Pieces of what was compressed, each with whether the stream could end there. @raise zlib.error"""
    inflater = zlib.decompressobj(wbits=31)
    for at in range(0, len(content), PIECE_BYTES):
        piece = content[at : at + PIECE_BYTES]
        while len(piece) > 0:
            if inflater.eof:
                # Several gzip members in a row are one file; zeros after the last fill a block.
                if piece[0] == 0:
                    return
                inflater = zlib.decompressobj(wbits=31)
            data = inflater.decompress(piece)
            piece = inflater.unused_data
            yield data, inflater.eof


def _batch(rows):
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows), _ARROW_SCHEMA)]
    return pa.RecordBatch.from_arrays(columns, schema=_ARROW_SCHEMA)
