import pytest
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.mark.parametrize("role", ["viewer", "editor", "treasurer"])
def test_smoke(client, role):
    client.force_login(factories.UserFactory(role=role))
    p = factories.ProjectFactory(slug="p")
    c = factories.CostFactory(project=p, label="Hosting")
    factories.CostFactory(project=p, label="Ann", is_person=True)
    w = factories.WorkItemFactory(project=p)
    r = factories.ReserveFactory(project=p)
    for name, args in [
        ("projects", []),
        ("project_new", []),
        ("project", ["p"]),
        ("project_edit", ["p"]),
        ("project_needs", ["p"]),
        ("need_new", ["p"]),
        ("budget", ["p"]),
        ("budget_file", ["p"]),
        ("need_change", ["p", c.pk]),
        ("need_correct", ["p", c.pk]),
        ("need_end", ["p", c.pk]),
        ("need_remove", ["p", c.pk]),
        ("project_work", ["p"]),
        ("work_new", ["p"]),
        ("work_edit", ["p", w.pk]),
        ("work_remove", ["p", w.pk]),
        ("project_reserve", ["p"]),
        ("reserve_correct", ["p", r.pk]),
    ]:
        a = client.get(reverse(f"staff:{name}", args=args))
        print(
            role, name, a.status_code, b"Ann" in (b"".join(a.streaming_content) if a.streaming else a.content)
        )
