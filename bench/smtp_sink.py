"""A mail server that takes everything and keeps nothing, as fast as Python can.

    python bench/smtp_sink.py PORT

Used where postfix's `smtp-sink`, which costs less, is not installed. Like that it offers
PIPELINING, and writes how many connections and letters there were.
"""

import asyncio
import sys

counts = {"sess": 0, "mesg": 0}
END = b"\r\n.\r\n"
ANSWERS = {
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 Bye\r\n",
}


class Sink(asyncio.Protocol):
    """One connection: what has come of an unfinished line or letter, and which of them it is."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        counts["sess"] += 1
        self.transport = transport
        self.rest = b""
        self.in_letter = False
        transport.write(b"220 sink\r\n")

    def connection_lost(self, error: Exception | None) -> None:
        print("sess={sess} quit=0 mesg={mesg}".format(**counts), end="\r", flush=True)

    def data_received(self, data: bytes) -> None:
        self.rest += data
        answers = b""
        while True:
            end = END if self.in_letter else b"\r\n"
            line, found, rest = self.rest.partition(end)
            if not found:
                break
            self.rest = rest
            if self.in_letter:
                self.in_letter = False
                counts["mesg"] += 1
                answers += b"250 Taken\r\n"
                continue
            command = line[:4].upper()
            self.in_letter = command == b"DATA"
            answers += ANSWERS.get(command, b"250 OK\r\n")
            if command == b"QUIT":
                self.transport.write(answers)
                self.transport.close()
                return
        if answers:
            self.transport.write(answers)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
