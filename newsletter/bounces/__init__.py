"""What comes back from letters: bounces, complaints, and letters that ask to unsubscribe.

`mailboxes` fetches mails, `reports` says what one of them is, `applying` does what follows from
it, and `reading` does all of this for a while. A mail is about a letter of ours, or about a
subscription, only if it carries our signature: see `icrtop.mail.verp` and `newsletter.links`.
"""
