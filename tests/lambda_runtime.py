"""What AWS Lambda does around the handler, in a process of its own: a line of stdin is an event.

Its log is as CloudWatch shows it. Its answer is the line that begins with a zero byte.
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field

from ingestion.handler import handler

SECONDS = "TEST_LAMBDA_SECONDS"  # the function's timeout


@dataclass
class Context:
    """What the handler is told of its invocation."""

    aws_request_id: str
    deadline: float = field(default_factory=lambda: time.monotonic() + float(os.environ.get(SECONDS) or 900))

    def get_remaining_time_in_millis(self) -> int:
        """As AWS's context has it."""
        return max(0, int(1000 * (self.deadline - time.monotonic())))


def invoke(request_id: str, event: object) -> dict:
    """The answer: a payload, and whether it is an error's."""
    try:
        return {"payload": handler(event, Context(request_id)), "failed": False}
    except Exception as error:
        print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):")
        told = {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id}
        return {"payload": told | {"stackTrace": []}, "failed": True}


if __name__ == "__main__":
    for line in sys.stdin:
        call = json.loads(line)
        began = time.monotonic()
        print(f"START RequestId: {call['request_id']} Version: $LATEST")
        answer = invoke(call["request_id"], call["event"])
        print(f"END RequestId: {call['request_id']}")
        print(f"REPORT RequestId: {call['request_id']}\tDuration: {1000 * (time.monotonic() - began):.2f} ms")
        print("\0" + json.dumps(answer), flush=True)
