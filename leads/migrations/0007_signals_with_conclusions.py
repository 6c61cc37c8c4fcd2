from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    # The defaults stay in the database, so that workers of the release before can go on writing signals.

    dependencies = [
        ("leads", "0006_who_may_scan"),
    ]

    operations = [
        migrations.AddField(
            model_name="signals",
            name="mail_policies",
            field=models.JSONField(
                db_default={}, default=dict, help_text="MTA-STS, TLS reports and BIMI: yes, no or not_known."
            ),
        ),
        migrations.AddField(
            model_name="signals",
            name="mailboxes",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="Who keeps the mailboxes, how certain that is, and by which records.",
            ),
        ),
        migrations.AddField(
            model_name="signals",
            name="spf_check",
            field=models.JSONField(
                db_default={}, default=dict, help_text="What receivers make of the SPF record. Empty: there is none."
            ),
        ),
        migrations.AddField(
            model_name="signals",
            name="unanswered",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="What a newer scan learnt that DNS did not answer in full. Empty: the newest scan was answered.",
            ),
        ),
    ]
