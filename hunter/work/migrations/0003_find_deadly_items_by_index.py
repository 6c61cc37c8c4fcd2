from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0002_keep_statistics_fresh")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("died__gte", 2), ("due_at__isnull", False)),
                fields=["lane", "due_at"],
                name="item_deadly",
            ),
        ),
    ]
