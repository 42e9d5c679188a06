"""The ledger: every job, its windows and its outputs, in SQLite.

What is written here survives a kill -9 of anything at any moment. The journal is
a write-ahead log with synchronous=NORMAL: nothing is lost when a process dies;
a power cut may lose the last moments, never the file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from replate.errors import Exhausted, NotFound, Unavailable, Unmet
from replate.frame import StoredFrame
from replate.values import JobState, Priority
from replate_server.jobs import Job, JobOutput, JobSpec, OutputFrame, Source
from replate_server.store import records

VERSION = 1
MOST_WARNINGS = 100
"""Of one job; the server's log has them all."""

SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, request TEXT NOT NULL, operation TEXT NOT NULL, model TEXT NOT NULL,
    parameters TEXT NOT NULL, links TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seed TEXT NOT NULL,
    title TEXT NOT NULL, project TEXT NOT NULL, priority INTEGER NOT NULL, recipe TEXT NOT NULL, state TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '', warnings TEXT NOT NULL DEFAULT '[]', created REAL NOT NULL, ended REAL,
    frames INTEGER NOT NULL, UNIQUE (owner, request));
CREATE INDEX jobs_by_state ON jobs (state, created);
CREATE TABLE inputs (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, role TEXT NOT NULL, number INTEGER NOT NULL,
    view TEXT NOT NULL, digest TEXT NOT NULL, spec TEXT NOT NULL, PRIMARY KEY (job, role, view, number)) WITHOUT ROWID;
CREATE TABLE windows (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, ordinal INTEGER NOT NULL, view TEXT NOT NULL,
    numbers TEXT NOT NULL, context TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, ordinal)) WITHOUT ROWID;
CREATE TABLE outputs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE,
    output TEXT NOT NULL, number INTEGER NOT NULL, view TEXT NOT NULL, digest TEXT NOT NULL, spec TEXT NOT NULL,
    UNIQUE (job, output, view, number));
CREATE TABLE recipes (recipe TEXT PRIMARY KEY, frames TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class WindowRecord:
    """One window of a job: the frames it delivers and those it may look at."""

    ordinal: int
    view: str
    numbers: tuple[int, ...]
    context: tuple[int, ...]
    done: bool = False
    deaths: int = 0
    """How many workers died while running it."""


RecipeFrames = Sequence[tuple[str, StoredFrame]]
"""What a window gave: output names and frames."""


class Ledger:
    """The ledger file. Thread-safe: one connection, one at a time; a transaction waits for nothing else."""

    def __init__(self, path: Path) -> None:
        """Raises `Unmet` for a file of another version or none of ours, and `Exhausted` when it cannot be written."""
        self._path = path
        self._lock = threading.RLock()
        with self._faults_said():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA foreign_keys=ON")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        if version not in (0, VERSION):
            raise Unmet(
                f"The ledger {path} was written by another version of Replate ({version}, this one writes {VERSION}): "
                "run that version, or move the file away."
            )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def enter(self, job: Job, request: str, windows: Iterable[WindowRecord]) -> Job:
        """Writes a new job down with its windows. A request that was entered before gives the job it made then."""
        spec = job.spec
        links = {role: source for role, source in spec.inputs.items() if isinstance(source, JobOutput)}
        with self._transaction():
            known = self._db.execute(
                "SELECT * FROM jobs WHERE owner = ? AND request = ?", (job.owner, request)
            ).fetchone()
            if known:
                return self._job(known)
            self._db.execute(
                "INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(job.id, job.owner, request, spec.operation, spec.model),
                    *(records.parameters_text(spec.parameters), records.links_text(links)),
                    *(
                        spec.first,
                        spec.last,
                        str(spec.seed),
                        spec.title,
                        spec.project,
                        int(spec.priority),
                        job.recipe,
                    ),
                    *(
                        job.state.value,
                        job.message,
                        json.dumps(job.warnings),
                        job.created,
                        job.ended,
                        job.frames,
                    ),
                ),
            )
            self._db.executemany(
                "INSERT INTO inputs VALUES (?,?,?,?,?,?)",
                (
                    (
                        job.id,
                        role,
                        frame.spec.number,
                        frame.spec.view,
                        frame.digest,
                        records.spec_text(frame.spec),
                    )
                    for role, source in spec.inputs.items()
                    if not isinstance(source, JobOutput)
                    for frame in source
                ),
            )
            self._db.executemany(
                "INSERT INTO windows (job, ordinal, view, numbers, context) VALUES (?,?,?,?,?)",
                (
                    (
                        job.id,
                        window.ordinal,
                        window.view,
                        json.dumps(window.numbers),
                        json.dumps(window.context),
                    )
                    for window in windows
                ),
            )
        return job

    def requested(self, owner: str, request: str) -> Job | None:
        """The job that a request made, if it was entered."""
        row = self._one("SELECT * FROM jobs WHERE owner = ? AND request = ?", owner, request)
        return self._job(row) if row is not None else None

    def job(self, job_id: str, *, with_inputs: bool = True) -> Job:
        """Raises `NotFound`. Without its inputs, which may be many, only its links are read."""
        row = self._one("SELECT * FROM jobs WHERE id = ?", job_id)
        if row is None:
            raise NotFound(f"There is no job {job_id[:40]} on this server: list those there are with `replate jobs`.")
        return self._job(row, with_inputs)

    def jobs(self, owner: str | None, projects: Collection[str], *, open_only: bool, limit: int) -> list[Job]:
        """The jobs an owner (None: anybody) may see, newest first, without their inputs."""
        marks = ",".join("?" * len(projects))
        rows = self._all(
            f"""SELECT * FROM jobs WHERE (? IS NULL OR owner = ? OR project IN ({marks}))
            AND (NOT ? OR state IN ('queued', 'running')) ORDER BY created DESC, rowid DESC LIMIT ?""",
            *(owner, owner, *projects, open_only, limit),
        )
        return [self._job(row, with_inputs=False) for row in rows]

    def open_jobs(self) -> list[Job]:
        """Every job that has not ended, oldest first."""
        rows = self._all("SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY created, rowid")
        return [self._job(row) for row in rows]

    def windows(self, job_id: str) -> list[WindowRecord]:
        rows = self._all(
            "SELECT ordinal, view, numbers, context, done, deaths FROM windows WHERE job = ? ORDER BY ordinal",
            job_id,
        )
        return [
            WindowRecord(ordinal, view, tuple(json.loads(numbers)), tuple(json.loads(context)), bool(done), deaths)
            for ordinal, view, numbers, context, done, deaths in rows
        ]

    def set_state(self, job_id: str, state: JobState, message: str, ended: float | None) -> None:
        """Moves a job on. One that has ended stays as it is."""
        with self._transaction():
            self._db.execute(
                """UPDATE jobs SET state = ?, message = ?, ended = ?
                WHERE id = ? AND state IN ('queued', 'running')""",
                (state.value, message, ended, job_id),
            )

    def warn(self, job_id: str, message: str) -> None:
        """Adds a warning, once, up to the most that a job has."""
        with self._transaction():
            row = self._db.execute("SELECT warnings FROM jobs WHERE id = ?", (job_id,)).fetchone()
            warnings = json.loads(row[0]) if row else []
            if len(warnings) == MOST_WARNINGS - 1:
                message = "There are more warnings like these: the server's log has them all."
            if len(warnings) < MOST_WARNINGS and message not in warnings:
                self._db.execute(
                    "UPDATE jobs SET warnings = ? WHERE id = ?", (json.dumps([*warnings, message]), job_id)
                )

    def publish(self, job_id: str, frames: Iterable[tuple[str, StoredFrame]]) -> None:
        """Enters output frames. One that is there already stays: a window run twice gives the same pixels."""
        with self._transaction():
            self._publish(job_id, frames)

    def finish_window(self, job_id: str, ordinal: int, frames: RecipeFrames, recipe: str, made: RecipeFrames) -> None:
        """Enters a window's output frames, that it is done, and what its recipe makes; an empty one is not entered."""
        text = json.dumps([[output, frame.digest, records.spec_text(frame.spec)] for output, frame in made])
        with self._transaction():
            self._publish(job_id, frames)
            self._db.execute("UPDATE windows SET done = 1 WHERE job = ? AND ordinal = ?", (job_id, ordinal))
            if recipe:
                self._db.execute("INSERT OR REPLACE INTO recipes VALUES (?, ?)", (recipe, text))

    def recall(self, recipe: str) -> RecipeFrames | None:
        """What a window of this recipe gave before, or None."""
        row = self._one("SELECT frames FROM recipes WHERE recipe = ?", recipe)
        if row is None:
            return None
        return tuple(
            (output, StoredFrame(records.spec_from(spec), digest)) for output, digest, spec in json.loads(row[0])
        )

    def count_death(self, job_id: str, ordinal: int) -> int:
        """Notes that a worker died running a window; returns how many have."""
        with self._transaction():
            row = self._db.execute(
                "UPDATE windows SET deaths = deaths + 1 WHERE job = ? AND ordinal = ? RETURNING deaths",
                (job_id, ordinal),
            ).fetchone()
        return int(row[0])

    def outputs_after(self, job_id: str, sequence: int) -> list[OutputFrame]:
        rows = self._all(
            "SELECT sequence, output, digest, spec FROM outputs WHERE job = ? AND sequence > ? ORDER BY sequence",
            *(job_id, sequence),
        )
        return [
            OutputFrame(n, output, StoredFrame(records.spec_from(spec), digest)) for n, output, digest, spec in rows
        ]

    def output_frame(self, job_id: str, output: str, view: str, number: int) -> StoredFrame | None:
        row = self._one(
            "SELECT digest, spec FROM outputs WHERE job = ? AND output = ? AND view = ? AND number = ?",
            *(job_id, output, view, number),
        )
        return StoredFrame(records.spec_from(row[1]), row[0]) if row else None

    def count_open(self, owner: str) -> int:
        """How many jobs of an owner have not ended."""
        row = self._one("SELECT count(*) FROM jobs WHERE owner = ? AND state IN ('queued', 'running')", owner)
        return int(row[0]) if row else 0

    def frames_delivered(self, job_id: str) -> int:
        """Frames of the plate for which at least one output is there."""
        row = self._one("SELECT count(*) FROM (SELECT DISTINCT view, number FROM outputs WHERE job = ?)", job_id)
        return int(row[0]) if row else 0

    def needed_digests(self) -> set[str]:
        """The pixels that open jobs take or have given, and what the jobs they are chained to have given."""
        open_ids = "SELECT id FROM jobs WHERE state IN ('queued', 'running')"
        rows = self._all(f"SELECT digest FROM inputs WHERE job IN ({open_ids})")
        rows += self._all(f"SELECT digest FROM outputs WHERE job IN ({open_ids})")
        rows += self._all(
            """SELECT o.digest FROM outputs o WHERE o.job IN (
                SELECT json_extract(link.value, '$.job') FROM jobs, json_each(jobs.links) AS link
                WHERE jobs.state IN ('queued', 'running'))"""
        )
        return {row[0] for row in rows}

    def _publish(self, job_id: str, frames: Iterable[tuple[str, StoredFrame]]) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO outputs (job, output, number, view, digest, spec) VALUES (?,?,?,?,?,?)",
            ((job_id, output, f.spec.number, f.spec.view, f.digest, records.spec_text(f.spec)) for output, f in frames),
        )

    def _job(self, row: sqlite3.Row, with_inputs: bool = True) -> Job:
        inputs: dict[str, Source] = dict(records.links_from(row["links"]))
        if with_inputs:
            inputs |= self._inputs(row["id"])
        spec = JobSpec(
            operation=row["operation"],
            model=row["model"],
            parameters=records.parameters_from(row["parameters"]),
            inputs=inputs,
            first=row["first"],
            last=row["last"],
            seed=int(row["seed"]),
            title=row["title"],
            project=row["project"],
            priority=Priority(row["priority"]),
        )
        return Job(
            id=row["id"],
            owner=row["owner"],
            spec=spec,
            recipe=row["recipe"],
            state=JobState(row["state"]),
            message=row["message"],
            warnings=tuple(json.loads(row["warnings"])),
            created=row["created"],
            ended=row["ended"],
            frames=row["frames"],
        )

    def _inputs(self, job_id: str) -> Mapping[str, tuple[StoredFrame, ...]]:
        found: dict[str, list[StoredFrame]] = {}
        for role, digest, spec in self._all(
            "SELECT role, digest, spec FROM inputs WHERE job = ? ORDER BY role, view, number", job_id
        ):
            found.setdefault(role, []).append(StoredFrame(records.spec_from(spec), digest))
        return {role: tuple(frames) for role, frames in found.items()}

    def _one(self, statement: str, *values: object) -> sqlite3.Row | None:
        with self._lock, self._faults_said():
            row: sqlite3.Row | None = self._db.execute(statement, values).fetchone()
        return row

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, self._faults_said():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Makes one transaction of all that is written within the block."""
        with self._transaction():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._faults_said():
            if self._db.in_transaction:
                # Inside `together`: the outermost block commits.
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite ends a transaction by itself when the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _faults_said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Exhausted(
                f"The server's ledger {self._path} cannot be written ({error}): free space on its disk, and see that "
                "the server may write there."
            ) from error
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise
            raise Unavailable("The server is stopping: try again when it is back.") from error
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError):
                raise
            raise Unmet(
                f"The ledger {self._path} is damaged ({error}): put a backup in its place, or move it away."
            ) from error
