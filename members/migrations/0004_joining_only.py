from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("members", "0003_earlier_applications")]

    operations = [
        migrations.RemoveField(
            model_name='application',
            name='contact_name',
        ),
        migrations.RemoveField(
            model_name='application',
            name='email',
        ),
        migrations.RemoveField(
            model_name='application',
            name='why',
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('submitted_at__isnull', False), _connector='OR'), name='application_sent_when'),
        ),
    ]
