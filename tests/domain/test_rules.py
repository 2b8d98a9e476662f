"""A user's rules: which events they fit, what they do, and what they never touch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.course_colors import course_of
from scraper.domain.planning import Event
from scraper.domain.rules import Rule, apply, explain
from tests.cases import for_each

KINDS = {"COURS_TD": "Cours et travaux dirigés", "DS_SURV": "Devoir surveillé"}
LESSON = Event(
    id="7",
    start=datetime(2026, 9, 7, 8, tzinfo=UTC),
    end=datetime(2026, 9, 7, 10, tzinfo=UTC),
    subject="Réseaux  et systèmes",
    kind="COURS_TD",
    rooms=("ISEN B207     (H)", "Amphi 2"),
    teachers=("Madame OSMONT", "Monsieur LE GALL"),
    raw_title="ISEN B207     (H)\nRéseaux  et systèmes",
)
WORDS = st.sampled_from(["", "réseaux", "SYSTEMES", "cours td", "osmont", "B207", "exam", " ", "autre"])


@st.composite
def some_rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Rules of every sort, of which many fit the lesson."""
    rule = st.builds(
        Rule,
        do=st.sampled_from(["drop", "keep", "rename", "category"]),
        to=st.sampled_from(["A", "B", "C"]),
        subject=WORDS, kind=WORDS, teacher=WORDS, room=WORDS, exam=st.sampled_from([None, None, False, True]),
    )  # fmt: skip
    return tuple(draw(st.lists(rule, max_size=8)))


@for_each(
    "conditions",
    [
        {},
        {"subject": "reseaux"},
        {"subject": "RÉSEAUX ET SYSTÈMES"},
        {"kind": "COURS_TD"},
        {"kind": "cours td"},
        {"kind": "TD"},
        {"kind": "Travaux dirigés"},
        {"teacher": "osmont"},
        {"teacher": "Le Gall"},
        {"room": "isen b207 (h)"},
        {"room": "amphi 2"},
        {"exam": False},
        {"subject": "systèmes", "kind": "cours", "teacher": "Osmont", "room": "B207", "exam": False},
    ],
)
def test_a_condition_is_words_whatever_case_accents_and_blanks(conditions: dict[str, str]) -> None:
    """A condition fits where its text occurs as words in the portal's; without conditions every event fits."""
    assert Rule(do="drop", **conditions).fits(LESSON, KINDS)


@for_each(
    "conditions",
    [
        {"subject": "réseau"},
        {"subject": "systèmes réseaux"},
        {"subject": "osmont"},
        {"kind": "COURS_TD_DIST"},
        {"kind": "dirigé"},
        {"teacher": "Osmont Monsieur"},
        {"room": "(H) Amphi"},
        {"room": "B20"},
        {"exam": True},
        {"subject": " "},
        {"subject": "&nbsp;"},
        {"subject": "réseaux", "teacher": "Dupont"},
    ],
)
def test_half_a_word_or_one_condition_that_fails_fits_nothing(conditions: dict[str, str]) -> None:
    """Parts of words, words of two teachers, a text of blanks or one condition that fails fit no event."""
    assert not Rule(do="drop", **conditions).fits(LESSON, KINDS)


def test_a_condition_never_fits_what_the_event_does_not_have() -> None:
    """An event without subject, kind, teachers and rooms fits only rules without such conditions."""
    bare = Event(id="1", start=LESSON.start, end=LESSON.end)
    assert Rule(do="drop").fits(bare, KINDS)
    for name in ("subject", "kind", "teacher", "room"):
        for text in ("a", " ", "_"):
            assert not Rule(do="drop", **{name: text}).fits(bare, KINDS), name


def test_dropped_is_none() -> None:
    """An event that a rule drops is None; one that no rule fits comes out as it was, set by no one."""
    assert apply([Rule(do="drop", kind="cours")], LESSON, KINDS) is None
    ruled = apply([Rule(do="drop", exam=True)], LESSON, KINDS)
    assert ruled is not None
    assert (ruled.event, ruled.categories, ruled.by) == (LESSON, (), ())


def test_exams_alone_are_a_keep_and_a_drop() -> None:
    """Keep exams, then drop all: of a planning only the exams stay."""
    rules = [Rule(do="keep", exam=True), Rule(do="drop")]
    exam = replace(LESSON, id="8", is_exam=True)
    assert apply(rules, LESSON, KINDS) is None
    assert apply(rules, exam, KINDS) is not None


def test_a_keep_after_the_drop_is_too_late() -> None:
    """Rules count in their order: what was dropped stays dropped, and later rules are not reported."""
    drop, keep = Rule(do="drop"), Rule(do="keep")
    assert apply([drop, keep], LESSON, KINDS) is None
    assert explain([drop, keep], LESSON, KINDS) == ((1, drop, "dropped"),)


def test_a_rename_is_not_seen_by_later_rules() -> None:
    """Conditions see the portal's own subject, also after a rename; the last rename counts."""
    rules = [
        Rule(do="rename", to="Maths"),
        Rule(do="drop", subject="Maths"),
        Rule(do="rename", to="Physique", subject="réseaux"),
    ]
    ruled = apply(rules, LESSON, KINDS)
    assert ruled is not None
    assert ruled.event == replace(LESSON, subject="Physique")
    assert ruled.by == (("subject", 3),)


def test_categories_are_added_once_each_and_name_their_rule() -> None:
    """Each category appears once, in the rules' order, with the rule that set it first."""
    rules = [Rule(do="category", to=to) for to in ("B", "A", "B")] + [Rule(do="rename", to="Maths")]
    ruled = apply(rules, LESSON, KINDS)
    assert ruled is not None
    assert ruled.categories == ("B", "A")
    assert ruled.by == (("subject", 4), ("categories", 1), ("categories", 2))


def test_what_each_rule_did_is_reported() -> None:
    """Rules that fit are reported with their number and what they did; a drop after a keep did nothing."""
    rules = [
        Rule(do="drop", exam=True),
        Rule(do="rename", to="Maths"),
        Rule(do="keep", room="B207"),
        Rule(do="drop"),
        Rule(do="category", to="TD"),
    ]
    reported = explain(rules, LESSON, KINDS)
    assert [(number, effect) for number, _, effect in reported] == [
        (2, "renamed"), (3, "kept"), (4, "kept-before"), (5, "categorised"),
    ]  # fmt: skip
    assert all(rules[number - 1] is rule for number, rule, _ in reported)


@given(some_rules(), st.booleans())
def test_a_keep_before_all_drops_loses_no_event(rules: tuple[Rule, ...], exam: bool) -> None:  # noqa: FBT001
    """After a keep that fits, no rule drops the event."""
    assert apply([Rule(do="keep"), *rules], replace(LESSON, is_exam=exam), KINDS) is not None


@given(some_rules(), st.booleans())
def test_rules_touch_the_subject_alone(rules: tuple[Rule, ...], exam: bool) -> None:  # noqa: FBT001
    """No rule changes the id, times, portal's title or anything else of an event but its subject."""
    event = replace(LESSON, is_exam=exam)
    ruled = apply(rules, event, KINDS)
    if ruled is not None:
        assert replace(ruled.event, subject=event.subject) == event
        assert (ruled.event.subject != event.subject) == any(name == "subject" for name, _ in ruled.by)


@given(some_rules())
def test_what_is_explained_is_what_is_done(rules: tuple[Rule, ...]) -> None:
    """An event is dropped when, and only when, the explanation ends with a drop, and each rule reported fits."""
    reported = explain(rules, LESSON, KINDS)
    assert (apply(rules, LESSON, KINDS) is None) == ("dropped" in [effect for _, _, effect in reported])
    assert "dropped" not in [effect for _, _, effect in reported[:-1]]
    assert all(rule.fits(LESSON, KINDS) for _, rule, _ in reported)


def test_a_course_is_the_whole_subject() -> None:
    """Not words of it; case and accents do not count; the last colour and the last reminders count."""
    course = LESSON.subject
    assert apply([Rule(do="drop", course=course.upper())], LESSON, KINDS) is None
    assert apply([Rule(do="drop", course=course.split()[0])], LESSON, KINDS) is not None
    rules = [
        Rule(do="color", to="olive"),
        Rule(do="color", to="purple", course=course),
        Rule(do="alarm", to="10m", course=course),
        Rule(do="alarm", to="1d, 2h"),
    ]
    ruled = apply(rules, LESSON, KINDS, {course_of(LESSON): "crimson"})
    assert ruled is not None
    assert (ruled.color, ruled.alarms) == ("purple", (timedelta(days=1), timedelta(hours=2)))
    assert ruled.by == (("color", 2), ("alarms", 4))
    plain = apply((), LESSON, KINDS, {course_of(LESSON): "crimson"})
    assert plain is not None
    assert (plain.color, plain.alarms) == ("crimson", None)
    silent = apply([Rule(do="alarm", to="none")], LESSON, KINDS)
    assert silent is not None
    assert silent.alarms == ()
