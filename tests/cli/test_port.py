import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttt_cli.layout import quoted
from ttt_cli.port import HIGHEST, parse_port, parse_server_port, read_port, read_server_port

WHAT_A_PORT_IS = "is no port: a port is a whole number from 0 to 65535 (0: any free port)."

ANY_INPUT = settings(derandomize=True, deadline=None)
NEARLY_NUMBERS = st.text("0123456789+-_. xe\n\u0663\uff18\u00b2")


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("0", 0),
        ("1", 1),
        ("8080", 8080),
        ("65535", 65535),
        ("00080", 80),
        (" 8080 ", 8080),
        ("\t8080\r\n", 8080),
    ],
)
def test_a_port_is_a_whole_number_from_0_to_65535(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "-1",
        "-0",
        "+1",
        "65536",
        "70000",
        "99999",
        "100000",
        "9" * 5000,
        "8080x",
        "x8080",
        "8_080",
        "8,080",
        "80 80",
        "80\n80",
        "8080.0",
        "1e3",
        "0x50",
        "0b1",
        "\u0668\u0660\u0668\u0660",  # 8080 in Arabic-Indic digits
        "\uff18\uff10\uff18\uff10",  # and in full-width ones
        "\u00b2",  # a superscript two
    ],
)
def test_anything_else_is_refused_with_what_a_port_is(text: str) -> None:
    with pytest.raises(ValueError, match="is no port") as refusal:
        parse_port(text)
    assert str(refusal.value) == f"{quoted(text.strip())} {WHAT_A_PORT_IS}"
    assert len(str(refusal.value)) < 100


def test_the_refusal_is_one_line_whatever_was_typed() -> None:
    with pytest.raises(ValueError, match="is no port") as refusal:
        parse_port("80\n[2026-11-22 20:22:44] INFO: forged\x1b[2J")
    assert str(refusal.value).isprintable()


@ANY_INPUT
@given(st.text() | NEARLY_NUMBERS)
def test_any_text_is_a_port_or_refused(text: str) -> None:
    try:
        port = parse_port(text)
    except ValueError as refusal:
        assert str(refusal).endswith(WHAT_A_PORT_IS)  # noqa: PT017 - either way is right
    else:
        assert port in range(HIGHEST + 1)


@ANY_INPUT
@given(st.integers(0, 65535))
def test_every_port_is_read_as_itself(port: int) -> None:
    assert parse_port(str(port)) == port


@ANY_INPUT
@given(st.integers(min_value=65536) | st.integers(max_value=-1))
def test_no_other_number_is_a_port(number: int) -> None:
    with pytest.raises(ValueError, match="is no port"):
        parse_port(str(number))


class TestTheOption:
    @pytest.fixture
    def option(self) -> click.Option:
        return click.Option(["--port"])

    @pytest.fixture
    def context(self, option: click.Option) -> click.Context:
        return click.Context(click.Command("serve", params=[option]))

    def test_may_be_left_out(self, context: click.Context, option: click.Option) -> None:
        assert read_port(context, option, None) is None

    def test_gives_a_port(self, context: click.Context, option: click.Option) -> None:
        assert read_port(context, option, "0") == 0

    def test_that_is_no_port_is_a_bad_parameter(
        self, context: click.Context, option: click.Option
    ) -> None:
        with pytest.raises(click.BadParameter) as refusal:
            read_port(context, option, "70000")
        assert refusal.value.message == f"'70000' {WHAT_A_PORT_IS}"
        assert refusal.value.exit_code == 2


class TestThePortOfAServer:
    @pytest.mark.parametrize("port", [1, 8080, 65535])
    def test_is_any_but_0(self, port: int) -> None:
        assert parse_server_port(f" {port} ") == port

    @pytest.mark.parametrize("text", ["0", "00", "65536", "-1", "x", ""])
    def test_is_refused_with_what_it_can_be(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"from 1 to 65535\.$"):
            parse_server_port(text)

    def test_is_an_argument_that_may_be_left_out(self) -> None:
        argument = click.Argument(["port"])
        context = click.Context(click.Command("play", params=[argument]))
        assert read_server_port(context, argument, None) is None
        assert read_server_port(context, argument, "1") == 1
        with pytest.raises(click.BadParameter):
            read_server_port(context, argument, "0")
