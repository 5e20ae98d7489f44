from django.db import migrations

# Deleting is left to erasure. What may change: a consent is confirmed, once; an entry of the history
# loses its subscriber or its user when that row is deleted. When two subscribers turn out to be one
# person, their records go to the one who stays: only `newsletter.services.uniting` says so, for the
# length of its statements.
CREATE = """
CREATE FUNCTION newsletter_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are a record, and are not changed.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER newsletter_consent_is_a_record BEFORE UPDATE ON newsletter_consent
FOR EACH ROW WHEN (
    to_jsonb(OLD) - 'confirmed_at' - 'subscriber_id'
        IS DISTINCT FROM to_jsonb(NEW) - 'confirmed_at' - 'subscriber_id'
    OR OLD.subscriber_id IS DISTINCT FROM NEW.subscriber_id AND NOT {uniting}
    OR OLD.confirmed_at IS NOT NULL
        AND (OLD.confirmed_at IS DISTINCT FROM NEW.confirmed_at OR NOT {uniting})
) EXECUTE FUNCTION newsletter_refuse_change();

CREATE TRIGGER newsletter_consent_lists_are_a_record BEFORE UPDATE ON newsletter_consent_mailing_lists
FOR EACH ROW EXECUTE FUNCTION newsletter_refuse_change();

CREATE TRIGGER newsletter_history_is_a_record BEFORE UPDATE ON newsletter_historyentry
FOR EACH ROW WHEN (
    to_jsonb(OLD) - 'subscriber_id' - 'by_id' IS DISTINCT FROM to_jsonb(NEW) - 'subscriber_id' - 'by_id'
    OR NEW.subscriber_id IS NOT NULL AND NEW.subscriber_id IS DISTINCT FROM OLD.subscriber_id
        AND NOT {uniting}
    OR NEW.by_id IS NOT NULL AND NEW.by_id IS DISTINCT FROM OLD.by_id
) EXECUTE FUNCTION newsletter_refuse_change();
"""
# Unset, it is NULL or empty.
UNITING = "coalesce(current_setting('newsletter.uniting', true) = 'on', false)"

DROP = """
DROP TRIGGER newsletter_history_is_a_record ON newsletter_historyentry;
DROP TRIGGER newsletter_consent_lists_are_a_record ON newsletter_consent_mailing_lists;
DROP TRIGGER newsletter_consent_is_a_record ON newsletter_consent;
DROP FUNCTION newsletter_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0002_listserv")]

    operations = [
        migrations.RunSQL(CREATE.format(uniting=UNITING), DROP),
        # The list that a site began with: until now nothing wrote to it.
        migrations.RunSQL(
            "UPDATE newsletter_mailinglist SET sends_alerts = true WHERE slug = 'country-alerts'",
            migrations.RunSQL.noop,
        ),
    ]
