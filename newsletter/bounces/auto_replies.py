"""Telling what a machine answered by itself from reports of a letter that did not arrive."""

import re
from email.message import Message
from email.utils import parseaddr

from newsletter.bounces.parsing import header_of

# RFC 3834, 5, and what servers write that are older than it, or made by others.
HEADERS = {
    "auto-submitted": re.compile(r"\s*auto-(replied|notified)", re.IGNORECASE),
    "precedence": re.compile(r"\s*(auto[-_]?reply|bulk|junk|list)", re.IGNORECASE),
    "x-autoreply": re.compile(r""),
    "x-autoreply-from": re.compile(r""),
    "x-autorespond": re.compile(r""),
    "x-autoresponder": re.compile(r""),
    "x-auto-response-suppress": re.compile(r""),
    "x-mail-autoreply": re.compile(r""),
    "x-delivery-agent": re.compile(r"\s*TMDA", re.IGNORECASE),
}
# How the subjects of common servers begin, in the languages that they speak most.
SUBJECT = re.compile(
    r"\W*("
    r"out of (the )?office|automatic reply|auto[- ]?(reply|response)|vacation|on leave\b|away from"
    r"|abwesenheit|automatische antwort|abwesend"
    r"|réponse automatique|reponse automatique|absence|absent"
    r"|respuesta automática|respuesta automatica|fuera de (la )?oficina|ausencia"
    r"|risposta automatica|fuori sede|resposta automática|fora do escritório"
    r"|automatisch antwoord|automatisch bericht|afwezig"
    r"|autosvar|automatiskt svar|automaattinen vastaus|odpowiedź automatyczna"
    r"|automatická odpověď|automatikus válasz|răspuns automat|otomatik yan\u0131t|αυτόματη απάντηση"
    r"|автоматический ответ|автоответ|автоматична відповідь"
    r"|自动回复|自動回覆|自動応答|자동 회신|رد تلقائي|الرد التلقائي|מענה אוטומטי"
    # Challenges: they want a person to prove that it is one.
    r"|(please )?confirm (your )?(message|e-?mail|delivery)"
    r"|(sender |e-?mail )?verification required|verify your (message|e-?mail)"
    r")",
    re.IGNORECASE,
)
ANSWER = re.compile(r"\A(\s*(re|aw|sv|antw|fwd?|tr)\s*:)+", re.IGNORECASE)
SYSTEM = re.compile(
    r"(mailer[-_.]?daemon|postmaster|mail[-_.]?daemon|daemon|mdaemon|mail[-_.]?delivery"
    r"|mmdf|mailmaster)\b",
    re.IGNORECASE,
)


def says_so(message: Message) -> bool:
    """Whether a header says that a machine answered, as it does to any letter."""
    return any(
        name in message and pattern.match(header_of(message, name))
        for name, pattern in HEADERS.items()
    )


def looks_so(message: Message) -> bool:
    """Whether the subject is one that machines answer with. Only to be asked last."""
    subject = header_of(message, "subject")
    return SUBJECT.match(ANSWER.sub("", subject)) is not None


def has_no_sender(message: Message) -> bool:
    """Whether it was sent so that no answer is possible, as reports and automatic replies are."""
    return header_of(message, "return-path").strip() == "<>"


def is_from_server(message: Message) -> bool:
    """Whether it comes from a mail server by name, as reports do, and not from a person."""
    return SYSTEM.match(parseaddr(header_of(message, "from"))[1]) is not None
