-- A listserv of %(subscribers)s subscribers, three years old. Nobody subscribes in alphabetical order.

INSERT INTO newsletter_subscriber (email, normalised, name, language, topics, frequency, created)
SELECT
    'Reader.' || n || '@Provider' || n %% 50 || '.example',
    'reader.' || n || '@provider' || n %% 50 || '.example',
    CASE WHEN n %% 3 = 0 THEN '' ELSE (ARRAY['Amina', 'Boris', 'Chen', 'Dana'])[n %% 4 + 1] || ' Reader ' || n END,
    (ARRAY['en', 'en', 'en', 'fr', 'es', 'ar'])[n %% 6 + 1],
    CASE WHEN n %% 5 = 0 THEN ARRAY['situations', 'un'] ELSE '{}' END,
    (ARRAY['weekly', 'weekly', 'daily', 'at_once'])[n %% 4 + 1],
    now() - random() * interval '3 years'
FROM generate_series(1, %(subscribers)s) AS n
ORDER BY hashint4(n);

-- One in a hundred is pending, one in twelve has left. 90, 40, 30 and 1 %% are on the four lists.
INSERT INTO newsletter_subscription
    (subscriber_id, mailing_list_id, state, asked_at, confirmed_at, unsubscribed_at)
SELECT s.id, l.id,
    CASE WHEN (s.id + l.id) %% 100 = 0 THEN 'pending'
        WHEN (s.id + l.id) %% 12 = 0 THEN 'unsubscribed' ELSE 'confirmed' END,
    s.created,
    CASE WHEN (s.id + l.id) %% 100 = 0 THEN NULL ELSE s.created END,
    CASE WHEN (s.id + l.id) %% 100 <> 0 AND (s.id + l.id) %% 12 = 0
        THEN s.created + random() * (now() - s.created) END
FROM newsletter_subscriber s
JOIN newsletter_mailinglist l
    ON hashint8(s.id * 7 + l.id) & 127 < 128 * CASE l.slug
        WHEN 'bulletin' THEN 0.9 WHEN 'country-alerts' THEN 0.4 WHEN 'events' THEN 0.3 ELSE 0.01 END;

INSERT INTO newsletter_subscriber_countries (subscriber_id, country_id)
SELECT s.id, c.code
FROM newsletter_subscriber s
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place FROM places_country) c
    ON c.place IN (s.id %% 190 + 1, s.id %% 60 + 2)
WHERE s.id %% 3 = 0;

INSERT INTO newsletter_subscriber_regions (subscriber_id, region_id)
SELECT s.id, r.code
FROM newsletter_subscriber s
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place FROM places_region) r
    ON r.place = s.id %% 20 + 1
WHERE s.id %% 8 = 0;

INSERT INTO newsletter_consent
    (subscriber_id, choices, wording, wording_version, how, given_at, confirmed_at)
SELECT id, '{}', 'I agree to get these letters. I can leave at any time.', '1',
    'form at /subscribe/', created, created
FROM newsletter_subscriber;

INSERT INTO newsletter_consent_mailing_lists (consent_id, mailinglist_id)
SELECT c.id, s.mailing_list_id
FROM newsletter_consent c JOIN newsletter_subscription s USING (subscriber_id);

INSERT INTO newsletter_historyentry (subscriber_id, mailing_list_id, kind, how, at)
SELECT subscriber_id, mailing_list_id, kind, how, at FROM (
    SELECT subscriber_id, mailing_list_id, 'asked' AS kind, 'form at /subscribe/' AS how, asked_at AS at
    FROM newsletter_subscription
    UNION ALL
    SELECT subscriber_id, mailing_list_id, 'joined', 'form at /subscribe/', confirmed_at
    FROM newsletter_subscription
    UNION ALL
    SELECT subscriber_id, mailing_list_id, 'left', 'link in a letter', unsubscribed_at
    FROM newsletter_subscription
) AS happened
WHERE at IS NOT NULL
ORDER BY at;

INSERT INTO mail_suppression (normalised, reason, note, created)
SELECT normalised, (ARRAY['bounced', 'bounced', 'complained', 'staff'])[id / 100 %% 4 + 1], '', now()
FROM newsletter_subscriber WHERE id %% 100 = 0;
