"""OpenAI's speech: a job that the call waits for, answered by the file itself."""

from gateway.domain.openai import field, speech
from gateway.flow import destination
from gateway.handlers import _wait, _wiring
from gateway.handlers._call import Event, Live, body, caller
from gateway.handlers._reply import Streamed

_ports = _wiring.the_ports()


def _speak(event: Event, *, left_s: float, streams: bool) -> Streamed:
    sender, given = caller(event, "submit"), body(event)
    asked = speech.read(given)
    field.model_of(given)
    with field.called(speech.NAMES):
        job, headers = _wait.done(event, sender, given, left_s, lambda: asked)
    file = job.outputs[0]
    headers |= {
        "content-type": file.content_type,
        "content-length": str(file.bytes),
        "cache-control": "no-store",
    }
    return Streamed(200, headers, destination.bucket_of(_ports, job).read(file.key))


ROUTES: dict[tuple[str, str], Live] = {("POST", "audio/speech"): _speak}
