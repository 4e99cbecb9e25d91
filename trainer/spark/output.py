"""
The output folder: `manifest.json` names the run that counts, and is written last, in one step. So whoever reads it finds a
whole run or none, whatever was killed, on a disk as in a bucket. What no manifest names is swept by the next run.
"""

import json
import uuid

from job_error import JobError
from log_days import DAYS_FOLDER

# 2: days have the column propensity.
FORMAT = 2

RUNS_FOLDER = "runs"
MANIFEST = "manifest.json"


def read_manifest(files, output):
    """What the last whole run left; None where there is none. @raise JobError bad_file"""
    path = f"{output}/{MANIFEST}"
    if not files.exists(path):
        return None
    try:
        manifest = json.loads(files.read_text(path))
    except ValueError as error:
        raise JobError("bad_file", f"{path} is no JSON: {error}", path=path, hint="Delete the folder, or name another.")
    if manifest.get("format") != FORMAT:
        raise JobError(
            "wrong_version",
            f"{path} has format {manifest.get('format')}, this job writes {FORMAT}",
            path=path,
            hint="Delete the folder: it is made again from the log.",
        )
    return manifest


def new_run():
    return f"{RUNS_FOLDER}/{uuid.uuid4().hex}"


def commit(files, output, manifest):
    files.write_text(f"{output}/{MANIFEST}", json.dumps(manifest, indent=1, ensure_ascii=False))
    sweep(files, output, manifest)


def sweep(files, output, manifest):
    """Deletes runs, batches and days of batches that the manifest does not name."""
    kept = {(day["batch"], f"dt={name}") for name, day in manifest["days"].items()} if manifest else set()
    batches = {batch for batch, _ in kept}
    for name in files.names(f"{output}/{RUNS_FOLDER}"):
        run = f"{RUNS_FOLDER}/{name}"
        if manifest is None or run != manifest["run"]:
            files.delete(f"{output}/{run}")
    for name in files.names(f"{output}/{DAYS_FOLDER}"):
        batch = f"{DAYS_FOLDER}/{name}"
        if batch not in batches:
            files.delete(f"{output}/{batch}")
            continue
        for day in files.names(f"{output}/{batch}"):
            if day.startswith("dt=") and (batch, day) not in kept:
                files.delete(f"{output}/{batch}/{day}")
