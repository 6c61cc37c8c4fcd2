from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("remote", "0008_shared_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="failing_since",
            field=models.DateTimeField(
                null=True, help_text="the service's last answer was a failure, the first of those in a row came then"
            ),
        ),
    ]
