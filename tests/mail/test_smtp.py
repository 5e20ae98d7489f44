"""One connection, step by step, against a server that says what it likes when it likes."""

import select

import pytest

from icrtop.mail import smtp
from icrtop.mail.smtp import (
    Connection,
    LetterCutShort,
    OutcomeUnknown,
    Refusal,
    Reply,
    ServerUnavailable,
    Step,
)
from tests.mail.servers import HANG_UP, PIPELINING, SILENCE, raw_server

SENDER, RECIPIENT = "info@icrtop.example", "jo@example.org"
LETTER = b"Subject: Hello\r\n\r\nHello\r\n"
OFFER = [f"MAIL FROM:<{SENDER}>\r\n", f"RCPT TO:<{RECIPIENT}>\r\n", "DATA\r\n"]
either_way = pytest.mark.parametrize("ehlo", ["250 raw.test", PIPELINING], ids=["alone", "piped"])


def offered(url: str) -> Connection:
    connection = Connection(url)
    connection.offer(SENDER, RECIPIENT)
    return connection


def deliver(connection: Connection, letter: bytes = LETTER) -> Reply:
    connection.offer(SENDER, RECIPIENT)
    assert connection.answer() is None
    connection.send(letter)
    return connection.verdict()


@either_way
@pytest.mark.parametrize("byte_by_byte", [False, True])
def test_a_letter_arrives_however_the_server_writes_its_replies(ehlo, byte_by_byte):
    with raw_server(
        EHLO=ehlo, END="250-2.0.0 Kept\r\n250 2.0.0 as 123", byte_by_byte=byte_by_byte
    ) as server:
        connection = Connection(server.url)
        assert deliver(connection) == Reply(250, "2.0.0 Kept\n2.0.0 as 123")
        assert deliver(connection).accepted
        connection.quit()
    assert server.letters == [LETTER, LETTER]
    assert server.connections == 1
    assert server.commands == ["ehlo", *["MAIL", "RCPT", "DATA"] * 2, "quit"]


def test_a_server_that_offers_pipelining_gets_the_envelope_at_once():
    with raw_server(EHLO=PIPELINING) as server:
        assert offered(server.url).answer() is None
    assert server.chunks[1:] == ["".join(OFFER)]


def test_a_server_that_does_not_is_asked_one_thing_at_a_time():
    with raw_server() as server:
        assert offered(server.url).answer() is None
    assert server.chunks[1:] == OFFER


def test_a_server_that_knows_no_extensions_will_do():
    with raw_server(EHLO="502 What?", HELO="250 raw.test") as server:
        assert deliver(Connection(server.url)).accepted
    assert server.letters == [LETTER]


@either_way
@pytest.mark.parametrize("reply", ["450 4.2.1 Later", "550 5.1.1 No such user"])
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_after_a_refusal_the_connection_takes_the_next_letter(ehlo, step, reply):
    follow = {} if step is Step.DATA else {"DATA": "503 5.5.1 Nobody to send it to"}
    with raw_server(EHLO=ehlo, **{**follow, step.value: reply}) as server:
        connection = offered(server.url)
        assert connection.answer() == Refusal(step, Reply(int(reply[:3]), reply[4:]))
        assert connection.is_usable
        assert server.commands[-1] == "RSET"
        server.says.update({"MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 Go ahead"})
        assert deliver(connection).accepted
    assert server.letters == [LETTER]


def test_a_refusal_counts_also_if_the_server_does_not_forget_the_letter():
    says = {"RCPT": "550 5.1.1 No such user", "DATA": "503 5.5.1 No", "RSET": HANG_UP}
    with raw_server(EHLO=PIPELINING, **says) as server:
        connection = offered(server.url)
        assert connection.answer() == Refusal(Step.RCPT, Reply(550, "5.1.1 No such user"))
        assert not connection.is_usable


def test_what_was_refused_first_is_what_counts():
    with raw_server(
        EHLO=PIPELINING, MAIL="550 5.7.1 Not you", RCPT="503 a", DATA="503 b"
    ) as server:
        assert offered(server.url).answer() == Refusal(Step.MAIL, Reply(550, "5.7.1 Not you"))


def test_nothing_more_is_asked_of_a_server_that_has_refused_unless_it_was_already():
    with raw_server(RCPT="550 No") as server:
        offered(server.url).answer()
    assert server.commands == ["ehlo", "MAIL", "RCPT", "RSET"]


def test_a_server_that_waits_for_a_letter_to_nobody_gets_none():
    with raw_server(EHLO=PIPELINING, RCPT="550 5.1.1 No such user") as server:
        connection = offered(server.url)
        assert connection.answer() == Refusal(Step.RCPT, Reply(550, "5.1.1 No such user"))
        assert not connection.is_usable
        connection.close()
    # Not even a dot: what it would make of that is its own affair.
    assert server.chunks[1:] == ["".join(OFFER)]
    assert server.letters == []


@either_way
@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Closing"])
def test_a_refusal_counts_also_if_the_line_is_lost_right_after_it(ehlo, answer):
    # What comes next is the reply to DATA, if that was asked already, or else to RSET.
    with raw_server(EHLO=ehlo, RCPT="550 5.1.1 No such user", DATA=answer, RSET=answer) as server:
        connection = offered(server.url)
        assert connection.answer() == Refusal(Step.RCPT, Reply(550, "5.1.1 No such user"))
        assert not connection.is_usable


@pytest.mark.parametrize("moment", ["GREETING", "EHLO"])
@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Too many", "554 Go away", "What?"])
def test_a_server_that_does_not_want_the_connection_is_away(moment, answer):
    with raw_server(**{moment: answer}) as server, pytest.raises(ServerUnavailable):
        Connection(server.url)


@either_way
@pytest.mark.parametrize("moment", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Closing", "What?", "099 What?"])
def test_a_line_lost_over_the_envelope_says_nothing_about_the_letter(ehlo, moment, answer):
    with raw_server(EHLO=ehlo, **{moment: answer}) as server, pytest.raises(ServerUnavailable):
        offered(server.url).answer()
    assert server.letters == []


@either_way
@pytest.mark.parametrize(("moment", "answer"), [("DATA", "250 OK"), ("RCPT", "354 Go ahead")])
def test_a_server_that_is_out_of_step_gets_no_letter(ehlo, moment, answer):
    with raw_server(EHLO=ehlo, **{moment: answer}) as server, pytest.raises(ServerUnavailable):
        offered(server.url).answer()


@pytest.mark.parametrize("moment", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_says_nothing_is_away_after_a_while(monkeypatch, moment):
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with (
        raw_server(**{moment: SILENCE}) as server,
        pytest.raises(ServerUnavailable, match="timed out"),
    ):
        offered(server.url).answer()


def test_a_line_lost_inside_the_letter_cuts_it_short():
    with raw_server(BODY=HANG_UP) as server:
        connection = offered(server.url)
        assert connection.answer() is None
        # More than the buffers on the way hold.
        with pytest.raises(LetterCutShort):
            connection.send(b"words and words\r\n" * 2_000_000)
    assert server.letters == []


@pytest.mark.parametrize("answer", [HANG_UP, "What?", "099 What?", "354 More?", "250" + "x" * 9000])
def test_without_an_answer_to_the_dot_nobody_knows(answer):
    with raw_server(END=answer) as server:
        connection = offered(server.url)
        assert connection.answer() is None
        connection.send(LETTER)
        with pytest.raises(OutcomeUnknown):
            connection.verdict()
    assert server.letters == [LETTER]


def test_a_server_that_does_not_answer_the_dot_is_not_waited_for_for_ever():
    with raw_server(END=SILENCE) as server:
        connection = offered(server.url)
        assert connection.answer() is None
        connection.send(LETTER)
        with pytest.raises(OutcomeUnknown):
            connection.verdict(0.2)


def test_a_judgement_that_is_there_already_is_heard_by_whoever_has_no_time_left():
    with raw_server() as server:
        connection = offered(server.url)
        assert connection.answer() is None
        connection.send(LETTER)
        readable, _, _ = select.select([connection._socket], [], [], 10)
        assert readable
        assert connection.verdict(-5).accepted


def test_the_judgement_may_take_longer_than_other_answers(monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with raw_server() as server:
        connection = Connection(server.url)
        waited = []

        def say_it_late(moment, say=server._say):
            if moment == "END":
                waited.append(server.over.wait(0.6))
            say(moment)

        server._say = say_it_late
        assert deliver(connection) == Reply(250, "2.0.0 Kept")
        assert waited == [False]
        # For the next letter the usual patience holds again.
        server.says["MAIL"] = SILENCE
        connection.offer(SENDER, RECIPIENT)
        with pytest.raises(ServerUnavailable, match="timed out"):
            connection.answer()


@pytest.mark.parametrize(
    "reply", ["250 OK", "421 4.3.2 Closing", "451 4.7.1 Later", "554 5.7.1 Spam", "552 Full"]
)
def test_an_answer_to_the_dot_is_a_judgement(reply):
    with raw_server(END=reply) as server:
        assert str(deliver(Connection(server.url))) == reply


@pytest.mark.parametrize(
    ("letter", "on_the_line"),
    [
        (b"S: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n", b"S: x\r\n\r\n..\r\n...\r\n..a\r\nb.\r\n"),
        (b"S: x\r\n\r\nno end", b"S: x\r\n\r\nno end\r\n"),
        (b"S: x\r\n\r\n.", b"S: x\r\n\r\n..\r\n"),
    ],
)
def test_no_line_of_a_letter_ends_it(letter, on_the_line):
    with raw_server() as server:
        connection = Connection(server.url)
        assert deliver(connection, letter).accepted
        assert deliver(connection).accepted
    assert server.letters == [on_the_line, LETTER]


def test_what_a_server_says_is_kept_as_far_as_it_can_be_stored():
    with raw_server(RCPT="550 Gr\0\u00fc\u00dfe") as server:
        assert offered(server.url).answer().reply == Reply(550, "Gr\u00fc\u00dfe")


def test_to_hang_up_on_a_server_that_is_gone_is_no_trouble():
    with raw_server(QUIT=HANG_UP) as server:
        connection = Connection(server.url)
        connection.quit()
        connection.quit()
        connection.close()
        with pytest.raises(ServerUnavailable):
            deliver(connection)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:25", "", "smtp://127.0.0.1:1"])
def test_an_address_that_leads_nowhere_is_a_server_that_is_away(url):
    with pytest.raises(ServerUnavailable):
        Connection(url or "//")
