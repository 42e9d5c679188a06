"""Nobody is starved."""

from __future__ import annotations

from replate.values import Priority
from replate_server.scheduling.fair import Claim, FairShare


def claim(job: str, owner: str, priority: Priority = Priority.NORMAL, created: float = 0.0) -> Claim:
    return Claim(job, owner, priority, created)


def served(fair: FairShare, claims: list[Claim], seconds: float = 1.0) -> str:
    chosen = fair.choose(claims)
    assert chosen is not None
    fair.charge(chosen.owner, seconds)
    return chosen.job


def test_nothing_is_chosen_from_nothing() -> None:
    assert FairShare().choose([]) is None


def test_a_preview_does_not_wait_behind_another_artists_long_job() -> None:
    fair = FairShare()
    long = claim("long", "ann")
    for _ in range(50):
        served(fair, [long])
    assert served(fair, [long, claim("preview", "bob", Priority.PREVIEW, 50.0)]) == "preview"


def test_two_who_wait_get_equal_shares_whatever_a_window_takes() -> None:
    fair = FairShare()
    spent = {"slow": 0.0, "quick": 0.0}
    claims = [claim("slow", "ann"), claim("quick", "bob")]
    for _ in range(300):
        chosen = fair.choose(claims)
        assert chosen is not None
        seconds = 5.0 if chosen.job == "slow" else 1.0
        fair.charge(chosen.owner, seconds)
        spent[chosen.job] += seconds
    assert abs(spent["slow"] - spent["quick"]) <= 5.0


def test_a_pause_saves_up_no_credit() -> None:
    fair = FairShare()
    ann, bob = claim("a", "ann"), claim("b", "bob")
    served(fair, [bob])
    for _ in range(100):
        served(fair, [ann])
    got = [served(fair, [ann, bob]) for _ in range(20)]
    assert 9 <= got.count("b") <= 11


def test_ones_own_urgent_job_goes_before_ones_older_one() -> None:
    old, urgent = claim("old", "ann", Priority.NORMAL, 1.0), claim("urgent", "ann", Priority.PREVIEW, 2.0)
    night = claim("night", "ann", Priority.BACKGROUND, 0.0)
    assert served(FairShare(), [old, urgent, night]) == "urgent"
