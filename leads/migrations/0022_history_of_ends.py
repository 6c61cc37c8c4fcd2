from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0021_company_candidate_indexes")]

    operations = [
        migrations.AlterField(
            "signalchange",
            "what",
            models.CharField(
                max_length=20,
                choices=[
                    ("spf", "SPF"),
                    ("dkim", "DKIM"),
                    ("dmarc", "DMARC"),
                    ("mx", "Mail host"),
                    ("score", "Score"),
                    ("segment", "Segment"),
                    ("ends_soon", "Domain ends soon"),
                ],
            ),
        )
    ]
