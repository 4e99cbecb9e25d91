"""
Parts of the log as lines with their numbers. A part is gzip NDJSON; one that is torn gives the lines before the tear and,
as one bad row, the tear. It knows nothing of events.
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


def read_lines(spark, folders):
    """A row for every line that is not blank. Problems are said in words; `line` is then null."""
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", PARTS_AT_ONCE)
    # The names of the folders are no columns here.
    options = {"pathGlobFilter": "*.ndjson.gz", "recursiveFileLookup": True}
    parts = spark.read.format("binaryFile").options(**options).load(folders)
    return parts.select("path", "content").mapInArrow(_lines_of_batches, LINE_SCHEMA)


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
    """Every line as (bytes, None); a tear as (None, what is wrong)."""
    if len(content) == 0:
        yield None, "got no bytes, expected a gzip file"
        return
    rest, tear = b"", None
    inflater = zlib.decompressobj(wbits=31)
    at = 0
    while at < len(content) and tear is None:
        piece = content[at : at + PIECE_BYTES]
        at += len(piece)
        while True:
            try:
                data = inflater.decompress(piece)
            except zlib.error as error:
                tear = f"got damaged bytes ({error}), expected gzip"
                data = b""
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line, None
            # Several gzip members in a row are one file.
            if tear is not None or not inflater.eof or not inflater.unused_data:
                break
            piece, inflater = inflater.unused_data, zlib.decompressobj(wbits=31)
    if tear is None and not inflater.eof:
        tear = "got the end of the file in the middle of the gzip stream: it is torn"
    # What stands before a tear is half a line.
    if tear is not None:
        yield None, tear
    elif rest:
        yield rest, None


def _batch(rows):
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows), _ARROW_SCHEMA)]
    return pa.RecordBatch.from_arrays(columns, schema=_ARROW_SCHEMA)
