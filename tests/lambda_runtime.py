"""What AWS Lambda does around the handler, in a process of its own: a line of stdin is an event.

Its log is as CloudWatch shows it. Its answer is the line that begins with a zero byte.
"""

import json
import sys
import time

from ingestion.handler import handler


def invoke(request_id: str, event: object) -> dict:
    """The answer: a payload, and whether it is an error's."""
    try:
        return {"payload": handler(event), "failed": False}
    except Exception as error:
        print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):")
        told = {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id}
        return {"payload": told | {"stackTrace": []}, "failed": True}


for line in sys.stdin:
    call = json.loads(line)
    began = time.monotonic()
    print(f"START RequestId: {call['request_id']} Version: $LATEST")
    answer = invoke(call["request_id"], call["event"])
    print(f"END RequestId: {call['request_id']}")
    print(f"REPORT RequestId: {call['request_id']}\tDuration: {1000 * (time.monotonic() - began):.2f} ms")
    print("\0" + json.dumps(answer), flush=True)
