"""Sending what is due: a few connections side by side, and a verdict on every letter where it fell.

The connections go in step: each is offered a letter, one commit notes which of them leave, then
each gets its letter and gives its verdict, which the next commit notes. So a commit and the answers
of the server are waited for once for several letters; and a worker that dies leaves at most one
letter per connection of which nobody knows what became of it.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from icrtop.mail import claims, control, finishing, nudging, outcomes, pacing, smtp, verdicts
from icrtop.mail.addresses import deliverable
from icrtop.mail.composing import Blueprints
from icrtop.mail.models import Delivery, Priority
from icrtop.mail.patience import patiently
from icrtop.mail.verdicts import Verdict
from icrtop.mail.verp import envelope_sender

logger = logging.getLogger(__name__)

# How long one run lasts while there is something to send: other tasks wait for it.
RUN_SECONDS = 20.0
# A batch is what was sent in this time before. It bounds how long a letter that somebody waits for
# stays behind a bulletin, and how long a message that was paused goes on.
BATCH_SECONDS = 2.0
FIRST_BATCH, LARGEST_BATCH = 10, 500
# How many letters are worth a connection more.
LETTERS_PER_CONNECTION = 5
LONG_GREETING_SECONDS = 1.0


def send_due(seconds: float = RUN_SECONDS) -> None:
    """Send until nothing is due, the mail server is away, or about `seconds` have passed.

    Any number of workers may do so at once. What workers that died have left is put right first.
    """
    claims.expire_leases()
    control.hold_missed()
    run = Run(seconds)
    try:
        run.go()
    finally:
        run.end()
    if finishing.cancel_waiting():
        nudging.nudge()
    finishing.finish_messages()


class Outgoing(NamedTuple):
    """A letter on its way over a connection."""

    delivery: Delivery
    sender: str
    address: str
    content: bytes
    connection: smtp.Connection


class Run:
    """One worker's stretch of sending."""

    def __init__(self, seconds: float) -> None:
        self.stop_at = time.monotonic() + seconds
        self.connections: list[smtp.Connection] = []
        self.most_connections = settings.MAIL_CONNECTIONS
        self.queue: deque[Delivery] = deque()
        self.blueprints = Blueprints()
        self.sent: list[outcomes.Sent] = []
        self.lost: set[int] = set()
        self.is_in_doubt = False
        self.pace = pacing.Pace()
        self.is_over = False

    def go(self) -> None:
        size = FIRST_BATCH
        while not self.is_over and (batch := claims.claim(size)):
            started = time.monotonic()
            self.blueprints.prepare({delivery.message_id for delivery in batch})
            self.queue.extend(batch)
            while self.queue and not self.is_over:
                self._round()
                if time.monotonic() >= self.stop_at:
                    self.is_over = True
                    nudging.nudge()
            self._record_sent()
            claims.release(self.queue, wait=False)
            self.queue.clear()
            per_second = len(batch) / (time.monotonic() - started)
            size = min(max(int(per_second * BATCH_SECONDS), 1), LARGEST_BATCH)

    def end(self) -> None:
        try:
            self._record_sent()
        finally:
            for connection in self.connections:
                connection.quit()

    def _round(self) -> None:
        """Take one letter over each connection."""
        offered = [letter for letter in self._next_letters() if self._offer(letter)]
        ready = [letter for letter in offered if self._is_wanted(letter)]
        begun = outcomes.begin_sending([letter.delivery for letter in ready], self.sent)
        self.sent = []
        # Together, not each: a worker that hangs for minutes is killed.
        patience_ends = time.monotonic() + smtp.FINAL_REPLY_SECONDS
        leaving = [letter for letter in ready if letter.delivery.pk in begun]
        left = [letter for letter in leaving if self._send(letter, patience_ends)]
        for letter in left:
            self._hear(letter, patience_ends)
        if len(begun) < len(ready):
            self._leave_alone([letter for letter in ready if letter.delivery.pk not in begun])
        if self.is_in_doubt:
            # The next letters would go the same way, and as many more would be uncertain.
            self._wait_for_server(_("The mail server has not answered for a letter."))

    def _next_letters(self) -> Iterator[Outgoing]:
        """The next letter for each connection, as far as there are letters and the limits allow."""
        wanted = min(self.most_connections, -(-len(self.queue) // LETTERS_PER_CONNECTION))
        while len(self.connections) < min(wanted, self.most_connections) and self._connect():
            pass
        for connection in self.connections[:wanted]:
            letter = self._next_letter(connection)
            if letter is None:
                return
            yield letter

    def _next_letter(self, connection: smtp.Connection) -> Outgoing | None:
        while self.queue:
            delivery = self.queue.popleft()
            if self._has_turn(delivery) and (letter := self._compose(delivery, connection)):
                return letter
        return None

    def _compose(self, delivery: Delivery, connection: smtp.Connection) -> Outgoing | None:
        # Whatever is wrong with one letter must not keep the others back.
        try:
            blueprint = self.blueprints[delivery.message_id]
        except Exception as error:
            logger.exception("Message %d cannot be composed", delivery.message_id)
            claims.release([delivery], wait=False)
            self._pause(delivery.message_id, _("It cannot be composed: %s") % error)
            return None
        try:
            return Outgoing(
                delivery,
                envelope_sender(delivery, blueprint.sender),
                deliverable(delivery.address),
                blueprint.letter(delivery),
                connection,
            )
        except Exception as error:
            logger.exception("Letter %d cannot be composed", delivery.pk)
            outcomes.record_failed(delivery, "", _("It cannot be composed: %s") % error)
            return None

    def _has_turn(self, delivery: Delivery) -> bool:
        """Wait for a limit on everything; put off letters to a domain that has had its share."""
        domain = delivery.normalised.rpartition("@")[2]
        urgent = self.blueprints.messages[delivery.message_id].priority == Priority.TRANSACTIONAL
        while True:
            try:
                turn = self.pace.take_turn(domain, urgent=urgent)
            except pacing.PaceUnknown as error:
                logger.warning("Letters wait, as the limits cannot be looked up: %s", error)
                turn = pacing.Turn(claims.FIRST_RELEASE_WAIT.total_seconds(), everybody=True)
            if not turn.wait:
                return True
            if not turn.everybody:
                claims.postpone([delivery], turn.wait)
                return False
            if time.monotonic() + turn.wait > self.stop_at:
                claims.postpone([delivery, *self.queue], turn.wait)
                self._give_up()
                return False
            self._record_sent()
            time.sleep(turn.wait)

    def _connect(self) -> bool:
        """Open one more connection. False: it will have to do without."""
        started = time.monotonic()
        try:
            self.connections.append(smtp.Connection())
        except smtp.ServerUnavailable as error:
            if self.connections:
                # Perhaps it takes no more of us at once.
                self.most_connections = len(self.connections)
                return False
            if isinstance(error, smtp.LoginRefused):
                for key in {delivery.message_id for delivery in self.queue}:
                    self._pause(key, _("The mail server refuses our name: %s") % error)
            self._wait_for_server(str(error))
            return False
        if time.monotonic() - started > LONG_GREETING_SECONDS:
            # Some servers let strangers wait. As many times that would be most of the run.
            self.most_connections = len(self.connections)
        return True

    def _offer(self, letter: Outgoing) -> bool:
        try:
            letter.connection.offer(letter.sender, letter.address)
        except smtp.ServerUnavailable as error:
            self._lose(letter, error)
            return False
        return True

    def _is_wanted(self, letter: Outgoing) -> bool:
        """Hear what the server says to a letter's envelope. True: it waits for the letter."""
        try:
            refusal = letter.connection.answer()
        except smtp.ServerUnavailable as error:
            self._lose(letter, error)
            return False
        if refusal:
            self._refused(letter, refusal)
        return refusal is None

    def _send(self, letter: Outgoing, patience_ends: float) -> bool:
        if time.monotonic() >= patience_ends:
            # Another one has hung. Without time for the answer, this one would be in doubt.
            outcomes.record_deferred(letter.delivery, _("There was no time to send it."))
            self._hang_up(letter.connection)
            return False
        try:
            letter.connection.send(letter.content, patience_ends - time.monotonic())
        except smtp.LetterCutShort as error:
            # Perhaps it is the letter that the server cannot stomach, so this counts as a refusal.
            outcomes.record_deferred(letter.delivery, str(error))
            self._hang_up(letter.connection)
            return False
        except smtp.OutcomeUnknown as error:
            self._uncertain(letter, error)
            return False
        return True

    def _hear(self, letter: Outgoing, patience_ends: float) -> None:
        """Hear the server's judgement of a letter that has left."""
        try:
            reply = letter.connection.verdict(patience_ends - time.monotonic())
        except smtp.OutcomeUnknown as error:
            self._uncertain(letter, error)
            return
        if reply.accepted:
            self.sent.append((letter.delivery, str(reply)))
        else:
            self._refused(letter, smtp.Refusal(smtp.Step.END, reply))

    def _uncertain(self, letter: Outgoing, error: Exception) -> None:
        logger.error("No answer after letter %d had left: %s", letter.delivery.pk, error)
        outcomes.record_uncertain(letter.delivery, str(error))
        self._hang_up(letter.connection)
        self.is_in_doubt = True

    def _refused(self, letter: Outgoing, refusal: smtp.Refusal) -> None:
        delivery, reply = letter.delivery, str(refusal.reply)
        match verdicts.judge(refusal):
            case Verdict.DEFER:
                outcomes.record_deferred(delivery, reply)
            case Verdict.FAIL:
                outcomes.record_failed(delivery, reply, "")
            case Verdict.PAUSE:
                outcomes.record_put_back(delivery, reply)
                self._pause(delivery.message_id, _("The mail server refuses it: %s") % reply)
        if not letter.connection.is_usable:
            self._hang_up(letter.connection)

    def _pause(self, key: int, reason: str) -> None:
        logger.error("Message %d is paused: %s", key, reason)
        patiently(control.pause)(self.blueprints.messages[key], reason)
        self.queue = deque(each for each in self.queue if each.message_id != key)

    def _lose(self, letter: Outgoing, error: Exception) -> None:
        """Go on after a connection was lost before a letter had left over it.

        A connection that has taken letters may have had enough of them: the next one gets it. If a
        new one is lost, the server is away, or cannot stomach this letter.
        """
        self._hang_up(letter.connection)
        if letter.connection.judged:
            # If it was this letter that it stumbled over, the others go first the next time.
            again = letter.delivery.pk in self.lost
            (self.queue.append if again else self.queue.appendleft)(letter.delivery)
            self.lost.add(letter.delivery.pk)
            return
        claims.release([letter.delivery], str(error), behind_others=True)
        if not self.connections:
            self._wait_for_server(str(error))

    def _wait_for_server(self, error: str) -> None:
        logger.warning("The mail server is away, %d letters wait: %s", len(self.queue), error)
        claims.release(self.queue, error)
        self._give_up()

    def _leave_alone(self, letters: Sequence[Outgoing]) -> None:
        """Hang up on letters that are withdrawn, paused or another worker's by now.

        The server waits for them, and there is no way to tell it to wait no more.
        """
        for letter in letters:
            self._hang_up(letter.connection)
        held = claims.still_ours(self.queue)
        self.queue = deque(each for each in self.queue if each.pk in held)

    def _hang_up(self, connection: smtp.Connection) -> None:
        connection.close()
        self.connections = [each for each in self.connections if each is not connection]

    def _give_up(self) -> None:
        """Try no more in this run; what was in hand has been given back."""
        self.queue.clear()
        self.is_over = True

    def _record_sent(self) -> None:
        outcomes.record_sent(self.sent)
        self.sent = []
