"""How much of a member the public may see, as the member itself chooses.

Less takes effect at once: somebody may be in danger. More waits for staff as any change does: a
name that was public cannot be taken back, and whoever has got into one focal point's mailbox could
ask for it. Everyone at the organisation is told either way.
"""

from django.db import transaction

from members.member_letters import focal_points_of
from members.models.organisations import Listing, Organisation
from members.profile_fields import LISTING, as_text, in_words, put
from members.services.profiles import propose_listing
from members.services.recording import Person, lock, record, tell_secretariat, write

FROM_MOST_TO_LEAST = (Listing.FULL, Listing.UNNAMED, Listing.HIDDEN)


@transaction.atomic
def choose_listing(organisation: Organisation, by: Person, listing: Listing) -> bool:
    """Have the public see this much; return whether that holds from now on, or waits for staff."""
    locked = lock(organisation)
    if shows_more(listing, than=Listing(locked.listing)):
        propose_listing(locked, by, listing)
        facts = {"listing": listing, "waits": True}
        event = record(locked, by, "changed_listing", str(listing.label))
        write(event, "listing_changed", focal_points_of(locked), {"by": by.label, **facts})
        return False
    # Whatever more was asked for is no longer wanted.
    propose_listing(locked, by, locked.listing)
    if listing == locked.listing:
        return True
    changes = as_text(in_words({LISTING: locked.listing}, {LISTING: listing}))
    put(locked, {LISTING: listing})
    event = record(locked, by, "changed_listing", changes)
    facts = {"listing": listing, "waits": False}
    write(event, "listing_changed", focal_points_of(locked), {"by": by.label, **facts})
    tell_secretariat(event, "notice_listing", by, {"changes": changes})
    return True


def shows_more(listing: Listing, *, than: Listing) -> bool:
    return FROM_MOST_TO_LEAST.index(listing) < FROM_MOST_TO_LEAST.index(than)
