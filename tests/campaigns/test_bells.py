"""Each bell that is rung has somebody who hears it."""

from fundtracker.celery import app


def test_every_task_of_the_schedule_is_one_that_workers_know():
    app.loader.import_default_modules()
    rung = {bell["task"] for bell in app.conf.beat_schedule.values()}
    assert sorted(rung - set(app.tasks)) == []
