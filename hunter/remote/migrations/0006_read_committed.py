from django.db import migrations

from hunter.isolation import set_isolation


class Migration(migrations.Migration):
    dependencies = [
        ("remote", "0005_limits_by_people"),
    ]

    operations = [
        set_isolation(),
    ]
