"""Files where the log and the output lie: a disk, S3 or R2, whatever Hadoop has a file system for. Tables are Spark's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FoundFile:
    # Below the folder that was listed.
    name: str
    bytes: int
    modified_ms: int


class HadoopFiles:
    def __init__(self, spark):
        self._gateway = spark.sparkContext._gateway
        self._hadoop = spark._jvm.org.apache.hadoop.fs
        self._io = spark._jvm.java.io
        self._configuration = spark._jsc.hadoopConfiguration()

    def _open(self, path):
        place = self._hadoop.Path(path)
        return place.getFileSystem(self._configuration), place

    def exists(self, path):
        files, place = self._open(path)
        return files.exists(place)

    def names(self, folder):
        """Names of what lies in a folder; none where it is absent."""
        files, place = self._open(folder)
        return sorted(each.getPath().getName() for each in files.listStatus(place)) if files.exists(place) else []

    def files_below(self, folder):
        files, place = self._open(folder)
        base = files.makeQualified(place).toString().rstrip("/") + "/"
        found, each = [], files.listFiles(place, True)
        while each.hasNext():
            status = each.next()
            name = status.getPath().toString().removeprefix(base)
            found.append(FoundFile(name, status.getLen(), status.getModificationTime()))
        return sorted(found, key=lambda file: file.name)

    def read_text(self, path):
        files, place = self._open(path)
        with_lines = self._io.BufferedReader(self._io.InputStreamReader(files.open(place), "UTF-8"))
        try:
            lines = []
            while (line := with_lines.readLine()) is not None:
                lines.append(line)
            return "\n".join(lines)
        finally:
            with_lines.close()

    def write_text(self, path, text):
        """In one step: on a disk by renaming, on an object store by one upload."""
        files, place = self._open(path)
        is_store = files.getScheme() not in ("file", "hdfs")
        draft = place if is_store else self._hadoop.Path(path + ".draft")
        stream = files.create(draft, True)
        try:
            stream.write(bytearray(text, "utf-8"))
        finally:
            stream.close()
        if not is_store:
            kind = getattr(self._hadoop, "Options$Rename")
            options = self._gateway.new_array(kind, 1)
            options[0] = kind.OVERWRITE
            self._hadoop.FileContext.getFileContext(files.getUri(), self._configuration).rename(draft, place, options)

    def delete(self, path):
        files, place = self._open(path)
        files.delete(place, True)

    def free_bytes(self, path):
        """None where a file system does not know, as an object store."""
        files, place = self._open(path)
        while not files.exists(place) and place.getParent() is not None:
            place = place.getParent()
        return files.getStatus(place).getRemaining() if files.getScheme() == "file" else None
