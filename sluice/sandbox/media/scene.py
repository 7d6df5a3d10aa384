"""The landscape and the caption that a picture and a clip share."""

from math import pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sluice.sandbox.media.spec import Spec

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PALETTES: tuple[tuple[str, str, str, str, str], ...] = (
    ("#1b1f4b", "#f2727f", "#ffd9a0", "#8f4a7d", "#160f2e"),
    ("#0b3954", "#8fd3d1", "#fff6d6", "#3f8a94", "#06222f"),
    ("#2b1055", "#d76d77", "#ffe3b0", "#7a3b73", "#14082b"),
    ("#12355b", "#f4a261", "#fff1c9", "#a65a49", "#0d1b2a"),
    ("#0f2027", "#6fb98f", "#f6f7d7", "#2f6f63", "#081418"),
    ("#3a1c71", "#ffaf7b", "#fff0d0", "#a9506b", "#1b0c33"),
    ("#16222a", "#7fa6c9", "#f4f7fb", "#456685", "#0b1116"),
    ("#41295a", "#f6a6b2", "#fffaf0", "#8a5a83", "#1d1230"),
    ("#003545", "#ed8a63", "#ffe9bd", "#7b5560", "#001b24"),
    ("#0a2342", "#7ad0c6", "#fdf6c8", "#2c8577", "#04101f"),
)
"""Sky at the top, sky at the horizon, sun, farthest hill, nearest hill."""

DRAWN_EDGE_PX = 1400
"""The landscape is drawn at most this large, then enlarged: it is soft, so nobody sees it."""

HILLS = 5


def paint(spec: Spec) -> Image.Image:
    """Draw the landscape of a spec with its caption, in the spec's size."""
    size = (spec.width_px, spec.height_px)
    shrink = min(1.0, DRAWN_EDGE_PX / max(size))
    drawn = _landscape(spec.dice("scene"), max(2, round(size[0] * shrink)), max(2, round(size[1] * shrink)))
    picture = drawn if drawn.size == size else drawn.resize(size, Image.Resampling.BICUBIC)
    _caption(picture, spec)
    return picture


def font(size_px: float) -> Font:
    """Load the typeface that Pillow carries, so that every machine draws the same letters."""
    return ImageFont.load_default(max(6, round(size_px)))


def _landscape(dice: Random, width: int, height: int) -> Image.Image:
    top, horizon, sun, far, near = (_rgb(text) for text in dice.choice(PALETTES))
    picture = _gradient(top, horizon, width, height)
    _stars(picture, dice)
    _sun(picture, dice, sun)
    for index in range(HILLS):
        share = index / (HILLS - 1)
        _hill(
            picture,
            dice,
            _mix(_mix(far, horizon, 0.35), near, share),
            0.5 + 0.36 * share,
            0.11 - 0.05 * share,
        )
    return picture


def _gradient(top: Colour, bottom: Colour, width: int, height: int) -> Image.Image:
    column = Image.new("RGB", (1, 64))
    column.putdata([_mix(top, bottom, min(1.0, (row / 40) ** 1.3)) for row in range(64)])
    return column.resize((width, height), Image.Resampling.BICUBIC)


def _stars(picture: Image.Image, dice: Random) -> None:
    draw = ImageDraw.Draw(picture, "RGBA")
    unit = max(1.0, min(picture.size) / 900)
    for _ in range(70):
        x, y = dice.random() * picture.width, dice.random() ** 1.6 * picture.height * 0.42
        radius = unit * dice.uniform(0.5, 1.4)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255, dice.randint(40, 170))
        )


def _sun(picture: Image.Image, dice: Random, colour: Colour) -> None:
    short = min(picture.size)
    radius = short * dice.uniform(0.085, 0.14)
    x, y = picture.width * dice.uniform(0.22, 0.78), picture.height * dice.uniform(0.27, 0.47)
    eighth = (max(2, picture.width // 8), max(2, picture.height // 8))
    glow = Image.new("L", eighth, 0)
    halo = radius * 1.5 / 8
    ImageDraw.Draw(glow).ellipse((x / 8 - halo, y / 8 - halo, x / 8 + halo, y / 8 + halo), fill=150)
    glow = glow.filter(ImageFilter.GaussianBlur(radius / 9)).resize(picture.size, Image.Resampling.BICUBIC)
    tint = Image.merge("RGB", [glow.point([level * part // 255 for level in range(256)]) for part in colour])
    picture.paste(ImageChops.screen(picture, tint))
    _disc(picture, x, y, radius, colour)


def _disc(picture: Image.Image, x: float, y: float, radius: float, colour: Colour) -> None:
    edge = round(radius * 2) + 4
    mask = Image.new("L", (edge * 4, edge * 4), 0)
    ImageDraw.Draw(mask).ellipse((8, 8, edge * 4 - 8, edge * 4 - 8), fill=235)
    mask = mask.resize((edge, edge), Image.Resampling.LANCZOS)
    picture.paste(Image.new("RGB", mask.size, colour), (round(x - edge / 2), round(y - edge / 2)), mask)


def _hill(picture: Image.Image, dice: Random, colour: Colour, level: float, swing: float) -> None:
    width, height = picture.size
    waves = [
        (dice.uniform(0.6, 1.3) * 2.2**octave, dice.uniform(0, 2 * pi), 0.5**octave) for octave in range(4)
    ]
    strength = sum(weight for _, _, weight in waves)
    ridge = []
    for step in range(241):
        share = step / 240
        bend = sum(sin(2 * pi * speed * share + phase) * weight for speed, phase, weight in waves) / strength
        ridge.append((share * width, (level - bend * swing) * height))
    _fill_below(picture, ridge, colour)


def _fill_below(picture: Image.Image, ridge: list[tuple[float, float]], colour: Colour) -> None:
    """Fill everything below a ridge; only the strip that holds the ridge needs a mask."""
    width, height = picture.size
    top = max(0, min(height - 1, int(min(y for _, y in ridge))))
    bottom = max(top + 1, min(height, int(max(y for _, y in ridge)) + 2))
    mask = Image.new("L", (width, (bottom - top) * 2), 0)  # twice as tall while drawn: a smooth edge
    points = [(x, (y - top) * 2) for x, y in ridge]
    ImageDraw.Draw(mask).polygon([*points, (width, mask.height), (0, mask.height)], fill=255)
    mask = mask.resize((width, bottom - top), Image.Resampling.BOX)
    picture.paste(colour, (0, top, width, bottom), mask)
    picture.paste(colour, (0, bottom, width, height))


def _caption(picture: Image.Image, spec: Spec) -> None:
    width, height = picture.size
    short, margin = min(width, height), min(width, height) * 0.06
    shade = Image.linear_gradient("L").point([round((level / 255) ** 2 * 165) for level in range(256)])
    shade_height = round(height * 0.55)
    black = Image.new("RGB", (width, shade_height))
    picture.paste(black, (0, height - shade_height), shade.resize((width, shade_height)))
    draw = ImageDraw.Draw(picture, "RGBA")
    lines, face, step = _fit(spec.text, width - 2 * margin, short)
    small = font(short * 0.026)
    y = height - margin - short * 0.055
    draw.text((margin, y), _label(spec), font=small, fill=(255, 255, 255, 190))
    draw.line(
        (margin, y - short * 0.022, margin + short * 0.09, y - short * 0.022),
        (255, 255, 255, 150),
        _thin(short),
    )
    y -= short * 0.045 + step * len(lines)
    for number, line in enumerate(lines):
        draw.text((margin, y + number * step), line, font=face, fill=(255, 255, 255, 245))
    mark = font(short * 0.024)
    draw.text((width - margin, margin), "SLUICE SANDBOX", font=mark, fill=(255, 255, 255, 150), anchor="rt")


def _fit(text: str, width: float, short: float) -> tuple[list[str], Font, float]:
    """Wrap a prompt in the largest letters that need few lines; a very long one ends in an ellipsis."""
    lines: list[str] = []
    for share, most in ((0.062, 3), (0.046, 5), (0.034, 7)):
        face = font(short * share)
        lines = _wrap(" ".join(text.split()) or "(no text)", face, width)
        if len(lines) <= most:
            return lines, face, short * share * 1.28
    return [*lines[:6], lines[6][:-1] + "..."], face, short * share * 1.28


def _wrap(text: str, face: Font, width: float) -> list[str]:
    lines, line = [], ""
    for word in text[:900].split(" "):
        joined = f"{line} {word}".strip()
        if face.getlength(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while face.getlength(line) > width:
            cut = max(1, int(len(line) * width / face.getlength(line)) - 1)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line]


def _label(spec: Spec) -> str:
    return f"{spec.provider}  /  {spec.model}  /  seed {spec.seed}  /  {spec.width_px} x {spec.height_px}"


def _thin(short: float) -> int:
    return max(1, round(short / 400))


def _rgb(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
