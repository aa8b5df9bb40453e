"""A programme closes after it opens, and its smallest grant is not above its largest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funders", "0020_programme_applicants")]
    operations = [
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(('opens_on', None), ('closes_on', None), ('closes_on__gte', models.F('opens_on')), _connector='OR'), name='programme_closes_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grant_min_minor', None), ('grant_min_minor__gt', 0), _connector='OR'), models.Q(('grant_max_minor', None), ('grant_max_minor__gt', 0), _connector='OR'), models.Q(('awards_allowed', None), ('awards_allowed__gt', 0), _connector='OR'), models.Q(('grant_min_minor', None), ('grant_max_minor', None), ('grant_max_minor__gte', models.F('grant_min_minor')), _connector='OR')), name='programme_grants_are_a_range'),
        ),
    ]
