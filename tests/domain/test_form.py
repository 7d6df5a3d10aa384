"""Forms with files, as clients write them and as nobody should."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.form import MOST_PARTS, File, Form, read
from gateway.errors import InvalidRequest

TYPE = "multipart/form-data; boundary=cut"
HEAD = b'Content-Disposition: form-data; name="a"\r\n\r\n'


def sent(data: dict[str, str | list[str]], files: list[tuple[str, tuple[str, bytes, str]]]) -> Form:
    """Have a client that people use write a form, and read it."""
    request = httpx.Request("POST", "https://gw.example.com", data=data, files=files)
    return read(request.read(), request.headers["content-type"])


def test_a_form_of_a_client_is_read_as_it_was_meant() -> None:
    """Fields, lists with their brackets, files with names of any letters."""
    image = ("dünen.png", b"\x89PNG\r\n\r\n--cut\x00\xff", "image/png")

    form = sent({"prompt": "a dune", "include[]": ["x", "y"]}, [("image[]", image), ("image[]", image)])

    assert form.fields == {"prompt": ("a dune",), "include": ("x", "y")}
    assert form.files == {"image": (File("dünen.png", "image/png", image[1]),) * 2}


@given(data=st.binary(max_size=300), text=st.text(max_size=50))
def test_bytes_arrive_as_they_are(data: bytes, text: str) -> None:
    """Whatever a file or a field holds."""
    form = sent({"prompt": text}, [("file", ("x", data, "audio/wav"))])

    assert (form.files["file"][0].data, form.fields["prompt"]) == (data, (text,))


@given(body=st.binary(max_size=200))
def test_noise_is_refused_and_breaks_nothing(body: bytes) -> None:
    """Also where it begins like a form."""
    for text in (body, b"--cut" + body, b"--cut\r\n" + body + b"\r\n--cut--"):
        with suppress(InvalidRequest):
            read(text, TYPE)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"--cut\r\n" + HEAD + b"x", "it breaks off before its end"),
        (b"--other\r\n" + HEAD + b"x\r\n--other--", "the boundary of its header is not in it"),
        (b"--cut\r\nContent-Type: a/b\r\n\r\nx\r\n--cut--", "a part of it has no name"),
        (b"--cut\r\nno headers\r\n--cut--", "a part of it has no headers that can be read"),
        (b"--cut\r\n" + HEAD + b"\xff\r\n--cut--", "its field 'a' is not UTF-8"),
        ((b"--cut\r\n" + HEAD + b"x\r\n") * (MOST_PARTS + 1) + b"--cut--", "it has more than 100 parts"),
    ],
)
def test_what_is_wrong_with_a_form_is_told(body: bytes, problem: str) -> None:
    """The text says which of the things that can be wrong it is."""
    with pytest.raises(InvalidRequest, match=f"^the body is no form that can be read: {problem}"):
        read(body, TYPE)


@pytest.mark.parametrize(
    "header", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_another_type_is_no_form(header: str) -> None:
    """A boundary is needed, in a header of the right type."""
    with pytest.raises(InvalidRequest, match="boundary"):
        read(b"", header)
