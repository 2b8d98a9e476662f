"""A user's rules: which events they match, and their effects."""

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
    """Generate rules of every kind, of which many match the lesson."""
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
def test_condition_matches_whole_words(conditions: dict[str, str]) -> None:
    """Case, accents and spaces do not matter; a rule without conditions matches every event."""
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
def test_condition_does_not_match_parts_of_words(conditions: dict[str, str]) -> None:
    """Words of two teachers, an empty text or one failed condition do not match either."""
    assert not Rule(do="drop", **conditions).fits(LESSON, KINDS)


def test_condition_does_not_match_a_missing_field() -> None:
    """The event has no subject, kind, teachers and rooms."""
    bare = Event(id="1", start=LESSON.start, end=LESSON.end)
    assert Rule(do="drop").fits(bare, KINDS)
    for name in ("subject", "kind", "teacher", "room"):
        for text in ("a", " ", "_"):
            assert not Rule(do="drop", **{name: text}).fits(bare, KINDS), name


def test_dropped_event_is_none() -> None:
    """Without a matching rule the event does not change."""
    assert apply([Rule(do="drop", kind="cours")], LESSON, KINDS) is None
    ruled = apply([Rule(do="drop", exam=True)], LESSON, KINDS)
    assert ruled is not None
    assert (ruled.event, ruled.categories, ruled.by) == (LESSON, (), ())


def test_keep_before_drop_keeps_exams() -> None:
    """Then all other events are dropped."""
    rules = [Rule(do="keep", exam=True), Rule(do="drop")]
    exam = replace(LESSON, id="8", is_exam=True)
    assert apply(rules, LESSON, KINDS) is None
    assert apply(rules, exam, KINDS) is not None


def test_keep_after_drop_has_no_effect() -> None:
    """Rules apply in order, and later ones are not reported."""
    drop, keep = Rule(do="drop"), Rule(do="keep")
    assert apply([drop, keep], LESSON, KINDS) is None
    assert explain([drop, keep], LESSON, KINDS) == ((1, drop, "dropped"),)


def test_conditions_see_the_original_subject() -> None:
    """The last rename counts."""
    rules = [
        Rule(do="rename", to="Maths"),
        Rule(do="drop", subject="Maths"),
        Rule(do="rename", to="Physique", subject="réseaux"),
    ]
    ruled = apply(rules, LESSON, KINDS)
    assert ruled is not None
    assert ruled.event == replace(LESSON, subject="Physique")
    assert ruled.by == (("subject", 3),)


def test_categories_are_added_once() -> None:
    """Keep the order of the rules, and the rule that added each first."""
    rules = [Rule(do="category", to=to) for to in ("B", "A", "B")] + [Rule(do="rename", to="Maths")]
    ruled = apply(rules, LESSON, KINDS)
    assert ruled is not None
    assert ruled.categories == ("B", "A")
    assert ruled.by == (("subject", 4), ("categories", 1), ("categories", 2))


def test_effect_of_each_rule_is_reported() -> None:
    """A drop after a keep has no effect."""
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
def test_kept_event_is_never_dropped(rules: tuple[Rule, ...], exam: bool) -> None:  # noqa: FBT001
    """No later rule drops it."""
    assert apply([Rule(do="keep"), *rules], replace(LESSON, is_exam=exam), KINDS) is not None


@given(some_rules(), st.booleans())
def test_rules_change_only_the_subject(rules: tuple[Rule, ...], exam: bool) -> None:  # noqa: FBT001
    """Id, times, raw title and all other fields stay."""
    event = replace(LESSON, is_exam=exam)
    ruled = apply(rules, event, KINDS)
    if ruled is not None:
        assert replace(ruled.event, subject=event.subject) == event
        assert (ruled.event.subject != event.subject) == any(name == "subject" for name, _ in ruled.by)


@given(some_rules())
def test_explanation_has_the_same_result(rules: tuple[Rule, ...]) -> None:
    """An event is dropped if, and only if, the explanation ends with a drop; each reported rule matches."""
    reported = explain(rules, LESSON, KINDS)
    assert (apply(rules, LESSON, KINDS) is None) == ("dropped" in [effect for _, _, effect in reported])
    assert "dropped" not in [effect for _, _, effect in reported[:-1]]
    assert all(rule.fits(LESSON, KINDS) for _, rule, _ in reported)


def test_course_is_the_whole_subject() -> None:
    """Case and accents do not matter; the last colour and the last reminders count."""
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
