"""Background jobs: `aurion` commands that take too long for one response, each in a process, one per kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Lock, Thread

from scraper.i18n import language_of
from scraper.runs.worker import NOT_FOR_CHILDREN, run_command

_LOCALES = {"fr": "fr_FR.UTF-8", "en": "en_GB.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundJob:
    """A job: its messages (standard error) so far; `code` and `output` are set when it is over."""

    is_over: bool = False
    code: int | None = None
    output: str = ""
    messages: str = ""


@dataclass(slots=True)
class BackgroundJobs:
    """The last job of each kind; all jobs end when the server shuts down (`over`)."""

    over: Event
    _last: dict[str, BackgroundJob] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def last(self, kind: str) -> BackgroundJob | None:
        """Return the job of that kind that is under way, else the last one; None where there was none."""
        return self._last.get(kind)

    def start(self, kind: str, arguments: Sequence[str], environment: Mapping[str, str], *, seconds: float) -> None:
        """Start `aurion` with these arguments unless a job of that kind is under way; stop it after `seconds`."""
        with self._lock:
            previous = self._last.get(kind)
            if previous and not previous.is_over:
                return
            self._last[kind] = job = BackgroundJob()
            try:
                Thread(target=self._run, args=(kind, job, arguments, environment, seconds)).start()
            except RuntimeError:  # no thread is left: the job may be started again later
                del self._last[kind]
                raise

    def _run(
        self, kind: str, job: BackgroundJob, arguments: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> None:
        messages: list[str] = []
        code, output, is_over = None, "", False

        def report(line: str) -> None:
            messages.append(line)
            with self._lock:
                if not is_over:  # a program that the job has left behind may write later
                    self._last[kind] = replace(job, messages="".join(messages).strip())

        try:
            code, output = run_command(arguments, environment, seconds=seconds, on_line=report, stop=self.over)
        except OSError as error:
            messages.append(error.strerror or type(error).__name__)
        finally:
            with self._lock:
                is_over = True
                self._last[kind] = replace(
                    job, is_over=True, code=code, output=output, messages="".join(messages).strip()
                )  # fmt: skip


def child_environment(environment: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the variables for a child process of this program: without secrets, with the language to use."""
    variables = {
        name: value for name, value in environment.items() if name not in {*NOT_FOR_CHILDREN, "AURION_PASSPHRASE"}
    }
    if language_of(variables) != language:
        variables["LC_ALL"] = _LOCALES[language]
    return variables
