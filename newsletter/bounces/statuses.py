"""What a status code says about an address (RFC 3463, and the registry of RFC 5248)."""

import re

from newsletter.models.bounces import Bounce

Kind = Bounce.Kind

# Not in a network address, nor in a version such as 4.92.3: the second number goes up to 7.
STATUS = re.compile(r"(?<![\w.])([245])\.([0-7])\.(\d{1,3})(?!\w|\.\d)")
REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ :-])")
UNSPECIFIC = re.compile(r"[245]\.0\.0\Z")

# The first match counts, so a code stands before the group that it belongs to.
TABLE: tuple[tuple[str, Kind], ...] = (
    # About the sender of the letter, which is us.
    (r"[45]\.1\.[78]\Z", Kind.BLOCKED),
    (r"5\.1\.", Kind.HARD),
    (r"[45]\.2\.3\Z", Kind.BLOCKED),  # The letter is too long for this mailbox,
    (r"[45]\.3\.4\Z", Kind.BLOCKED),  # or for this server.
    (r"5\.2\.[01]\Z", Kind.HARD),
    # 5.2.2 too: a full mailbox can be emptied, whatever its server thinks of that.
    (r"[45]\.2\.", Kind.SOFT),
    # No such domain (5.4.310 is Microsoft's), and Microsoft's "no such recipient" in 5.4.1.
    (r"5\.4\.(1|4|310)\Z", Kind.HARD),
    # What the letter contains, and what a server thinks of us: blocking lists, spam, DMARC.
    (r"[45]\.[67]\.", Kind.BLOCKED),
)
# By the reply alone, where the status says nothing. 552 is a full mailbox (RFC 5321, 4.2.3); 554 is
# said of everything, so it must be said again and again before it counts.
REPLIES = {"550": Kind.HARD, "551": Kind.HARD, "553": Kind.HARD}

# Words for the rest, as servers write them that give no codes, or only ones that mean nothing.
FULL = re.compile(
    r"over ?quota|quota (is |has been )?exceeded|exceeded (the |its |their )?(storage|quota)"
    r"|(mailbox|inbox|account|user) is (over|full)|mailbox full|out of storage|not enough storage",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"no such (user|recipient|mailbox|address|account|person)"
    r"|unknown (user|recipient|mailbox|address|account)"
    r"|(user|recipient|mailbox|address|account) (is )?(unknown|invalid|disabled|not found)"
    r"|(user|recipient|mailbox|address|account) (does not|doesn'?t) exist"
    r"|(does not|doesn'?t) have an? \S+ account|no mailbox here|unrouteable address",
    re.IGNORECASE,
)
POLICY = re.compile(
    r"\bspam|\bjunk|block ?list|black ?list|\bblocked\b|reputation|\bDMARC\b|\bDKIM\b|\bSPF\b"
    r"|\bpolicy\b|\bvirus|content (was )?(rejected|refused)",
    re.IGNORECASE,
)
LATER = re.compile(
    r"timed? ?out|retry timeout|connection (was )?(refused|reset)|in the queue too long|no route to"
    r"|try again later",
    re.IGNORECASE,
)


def code_in(text: str) -> str:
    """The first status code in what a server said, such as 5.1.1; empty if there is none."""
    found = STATUS.search(text)
    return found[0] if found else ""


def judge(status: str, said: str = "") -> tuple[Bounce.Kind, str]:
    """What a failed delivery says about its address, and the code by which that was judged.

    `status` may be empty or unspecific (5.0.0); then what the server said decides. Failures of
    unknown meaning count for good if nothing says otherwise.
    """
    if not status or UNSPECIFIC.match(status):
        status = code_in(said) or status
    if status and not UNSPECIFIC.match(status):
        return _by_status(status), status
    return _by_words(said, status), status


def _by_status(status: str) -> Bounce.Kind:
    for pattern, kind in TABLE:
        if re.match(pattern, status):
            return kind
    # The others are about servers and networks on the way, which get mended.
    return Kind.SOFT


def _by_words(said: str, status: str) -> Bounce.Kind:
    if FULL.search(said):
        return Kind.SOFT
    if POLICY.search(said):
        return Kind.BLOCKED
    if status.startswith("4"):
        return Kind.SOFT
    if NOBODY.search(said):
        return Kind.HARD
    if reply := REPLY_CODE.search(said):
        return REPLIES.get(reply[1], Kind.SOFT)
    return Kind.SOFT if LATER.search(said) else Kind.HARD
