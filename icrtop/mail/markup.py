"""Refusing HTML whose tags do not fit together: mail programs repair it each in its own way."""

from html.parser import HTMLParser

from django.utils.translation import gettext as _

from icrtop.mail.headers import InvalidMessage

# HTML Living Standard, 13.1.2: elements without an end tag, and those that may go without.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
OPTIONAL_END = {
    *("body", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p", "rp", "rt"),
    *("tbody", "td", "tfoot", "th", "thead", "tr"),
}
# Within these, any element may be closed where it is opened.
FOREIGN = {"math", "svg"}


def check_html(html: str) -> None:
    """Raise InvalidMessage, naming the line and the tag, for tags that do not fit together."""
    checker = _Checker()
    checker.feed(html)
    # What is left over is a tag that was begun and has no end.
    if "<" in checker.rawdata:
        raise InvalidMessage(
            _("The letter's HTML ends inside a tag, in line %(line)d.")
            % {"line": checker.getpos()[0]}
        )
    checker.close()
    checker.check_closed()


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Elsewhere the stroke closes nothing, and what follows is taken for the content.
        if tag not in FOREIGN and not any(name in FOREIGN for name, _line in self.open):
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.open and self.open[-1][0] != tag and self.open[-1][0] in OPTIONAL_END:
            self.open.pop()
        if not any(name == tag for name, _line in self.open):
            raise InvalidMessage(
                _("The letter's HTML has a </%(tag)s> in line %(line)d that closes nothing.")
                % {"tag": tag, "line": self.getpos()[0]}
            )
        name, line = self.open.pop()
        if name != tag:
            raise InvalidMessage(
                _(
                    "The letter's HTML has a </%(tag)s> in line %(line)d while <%(open)s> of line "
                    "%(since)d is open."
                )
                % {"tag": tag, "line": self.getpos()[0], "open": name, "since": line}
            )

    def check_closed(self) -> None:
        for tag, line in self.open:
            if tag not in OPTIONAL_END:
                raise InvalidMessage(
                    _("The letter's HTML never closes the <%(tag)s> of line %(line)d.")
                    % {"tag": tag, "line": line}
                )
