from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from hunter.work.models import Heartbeat


def test_a_process_that_answers_lives(client):
    answer = client.get("/healthz/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


@pytest.mark.django_db
def test_hunter_is_ready_while_workers_give_signs_of_life(client):
    Heartbeat.objects.create(name="workers", at=timezone.now() - timedelta(minutes=1))

    answer = client.get("/healthz/ready")

    assert answer.status_code == 200
    assert {name: answer.json()[name]["ok"] for name in ("database", "migrations", "workers")} == {
        "database": True,
        "migrations": True,
        "workers": True,
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "silence",
    [pytest.param(None, id="were never seen"), pytest.param(timedelta(minutes=4), id="are silent for minutes")],
)
def test_hunter_is_not_ready_when_its_workers(client, silence):
    if silence is not None:
        Heartbeat.objects.create(name="workers", at=timezone.now() - silence)

    answer = client.get("/healthz/ready")

    assert answer.status_code == 503
    assert answer.json()["workers"]["ok"] is False


@pytest.mark.django_db
def test_hunter_is_not_ready_with_the_tables_of_an_older_release(client, settings):
    Heartbeat.objects.create(name="workers")
    newest = (settings.BASE_DIR / "leads" / "migrations" / "max_migration.txt").read_text().strip()
    MigrationRecorder.Migration.objects.filter(app="leads", name=newest).delete()

    answer = client.get("/healthz/ready")

    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["migrations"]["detail"]


@pytest.mark.parametrize("path", ["live", "ready"])
def test_health_is_only_asked_for(client, path):
    assert client.post(f"/healthz/{path}").status_code == 405


@pytest.mark.django_db
@pytest.mark.proves("R1.12")
def test_a_machine_whose_workers_are_silent_is_named_while_others_work_on(client):
    Heartbeat.objects.create(name="workers")
    Heartbeat.objects.create(name="web-1, process 7")
    Heartbeat.objects.create(name="web-2, process 8", at=timezone.now() - timedelta(minutes=5))

    answer = client.get("/healthz/ready")

    assert answer.status_code == 200
    assert answer.json()["workers"]["detail"].endswith(" s: web-2, process 8")
    assert "web-1" not in answer.json()["workers"]["detail"]
