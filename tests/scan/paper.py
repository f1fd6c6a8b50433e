# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages drawn with cairo and then sent through a fax machine that is made of numpy: deterministic by seed.

Lengths are points (1/72 inch) on US Letter. A page is drawn at twice the fax's resolution in both directions, turned by its skew, and then scanned:
blur, noise, a threshold, specks, streaks; one bit a pixel at 204 x 196 (fine) or 204 x 98 (standard) dots per inch.
"""
import math
import random
import struct
import subprocess

import cairo
import numpy as np

WIDTH, HEIGHT = 612, 792
OVER = 2  # drawn at twice the resolution of the scan


class Paper:
    def __init__(self, skew_degrees, seed):
        self.px, self.py = 204 * OVER / 72, 196 * OVER / 72
        self.surface = cairo.ImageSurface(cairo.FORMAT_RGB24, int(8.5 * 204 * OVER), int(11 * 196 * OVER))
        self.c = cairo.Context(self.surface)
        self.c.set_source_rgb(1, 1, 1)
        self.c.paint()
        self.c.scale(self.px, self.py)
        self.c.translate(WIDTH / 2, HEIGHT / 2)
        self.c.rotate(math.radians(skew_degrees))
        self.c.translate(-WIDTH / 2, -HEIGHT / 2)
        self.c.set_source_rgb(0, 0, 0)
        self.random = random.Random(seed)
        self.font("Liberation Serif", 11)

    def font(self, family, size, bold=False, italic=False):
        self.family, self.size = family, size
        self.c.select_font_face(family, cairo.FONT_SLANT_ITALIC if italic else cairo.FONT_SLANT_NORMAL,
                                cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
        self.c.set_font_size(size)
        return self

    def width(self, text):
        return self.c.text_extents(text).x_advance

    def text(self, x, y, text, align="left"):
        at = {"left": x, "center": x - self.width(text) / 2, "right": x - self.width(text)}[align]
        self.c.move_to(at, y)
        self.c.show_text(text)
        return y + self.size * 1.3

    def lines(self, x, y, texts, align="left"):
        for t in texts:
            y = self.text(x, y, t, align)
        return y

    def wrap(self, text, width):
        line, out = "", []
        for word in text.split():
            longer = (line + " " + word).strip()
            if line and self.width(longer) > width:
                out.append(line)
                line = word
            else:
                line = longer
        return out + [line]

    def para(self, x, y, width, text, first=0):
        head = self.wrap(text, width - first)
        if first:  # the first line stands in
            self.text(x + first, y, head[0])
            y += self.size * 1.3
            rest = " ".join(head[1:])
            return self.lines(x, y, self.wrap(rest, width)) if rest else y
        return self.lines(x, y, head)

    def pairs(self, x, y, at, rows, width=300):
        """Label and value in two columns."""
        for label, value in rows:
            self.text(x, y, label)
            y = self.lines(at, y, self.wrap(value, width)) + 2
        return y

    def rule(self, x1, y1, x2, y2=None, width=0.8):
        self.c.set_line_width(width)
        self.c.move_to(x1, y1)
        self.c.line_to(x2, y1 if y2 is None else y2)
        self.c.stroke()

    def box(self, x, y, w, h, width=0.8):
        self.c.set_line_width(width)
        self.c.rectangle(x, y, w, h)
        self.c.stroke()

    def seal(self, x, y, r):
        for radius in (r, r * 0.72):
            self.c.set_line_width(1)
            self.c.arc(x, y, radius, 0, 2 * math.pi)
            self.c.stroke()
        for i in range(5):
            a = -math.pi / 2 + i * 4 * math.pi / 5
            (self.c.move_to if i == 0 else self.c.line_to)(x + r * 0.5 * math.cos(a), y + r * 0.5 * math.sin(a))
        self.c.close_path()
        self.c.fill()

    def signature(self, x, y, width=120):
        """Ink of a hand that belongs to nobody: loops from the page's own seed, resting on y."""
        r = self.random
        self.c.set_line_width(1.3)
        self.c.move_to(x, y - 4)
        steps = 9
        for i in range(steps):
            x1 = x + width * (i + 1) / steps
            up, down = r.uniform(8, 24), r.uniform(-2, 6)
            self.c.curve_to(x1 - width / steps * 1.4, y - up, x1 + r.uniform(-4, 8), y + down - up / 2, x1, y - r.uniform(1, 7))
        self.c.stroke()

    def stamp(self, x, y, texts, degrees, family="Liberation Sans"):
        self.c.save()
        self.c.translate(x, y)
        self.c.rotate(math.radians(degrees))
        self.c.set_source_rgb(0.35, 0.35, 0.35)
        before = (self.family, self.size)
        self.font(family, 13, bold=True)
        wide = max(self.width(t) for t in texts) + 16
        self.c.set_line_width(2)
        self.c.rectangle(0, 0, wide, 17 * len(texts) + 8)
        self.c.stroke()
        for i, t in enumerate(texts):
            self.c.move_to(8, 17 * (i + 1))
            self.c.show_text(t)
        self.c.restore()
        self.font(*before)


def fax(paper, seed, noise, standard):
    """One bit a pixel (0 white, 1 black), rows of 204 dpi, 196 or 98 rows an inch."""
    s = paper.surface
    s.flush()
    raw = np.ndarray((s.get_height(), s.get_stride() // 4, 4), np.uint8, s.get_data())[:, :s.get_width(), 0]
    grey = raw.astype(np.float32).reshape(s.get_height() // OVER, OVER, s.get_width() // OVER, OVER).mean(axis=(1, 3))
    rng = np.random.default_rng(seed)
    soft = grey.copy()
    soft[:, 1:] += grey[:, :-1] * 0.25
    soft[:, :-1] += grey[:, 1:] * 0.25
    soft /= 1.5
    soft += rng.normal(0, 28 * noise, soft.shape)
    bits = (soft < rng.uniform(140, 165)).astype(np.uint8)
    specks = rng.random(bits.shape)
    bits[specks < 0.0006 * noise] = 1
    bits[specks > 1 - 0.002 * noise] = 0
    for _ in range(int(2 * noise)):  # dirt on the glass: a thin vertical streak beside the text
        x = int(rng.choice([rng.integers(20, 90), rng.integers(bits.shape[1] - 90, bits.shape[1] - 20)]))
        a = int(rng.integers(0, bits.shape[0] // 2))
        bits[a:a + int(rng.integers(200, 900)), x] = 1
    return bits[::2] if standard else bits


def write_tiff(path, pages, standard):
    """Uncompressed pages, then tiffcp makes Group 4 of them: what a fax gateway writes."""
    out, at_next = bytearray(b"II*\0"), 4
    out += struct.pack("<I", 0)
    for bits in pages:
        h, w = bits.shape
        data = np.packbits(bits, axis=1).tobytes()
        start = len(out)
        out += data + b"\0" * (len(data) % 2)
        res = len(out)
        out += struct.pack("<IIII", 204, 1, 98 if standard else 196, 1)
        struct.pack_into("<I", out, at_next, len(out))
        tags = [(256, 4, w), (257, 4, h), (258, 3, 1), (259, 3, 1), (262, 3, 0), (273, 4, start), (277, 3, 1), (278, 4, h),
                (279, 4, len(data)), (282, 5, res), (283, 5, res + 8), (296, 3, 2)]
        out += struct.pack("<H", len(tags))
        for tag, kind, value in tags:
            out += struct.pack("<HHII", tag, kind, 1, value)
        at_next = len(out)
        out += struct.pack("<I", 0)
    plain = path + ".plain"
    with open(plain, "wb") as f:
        f.write(out)
    subprocess.run(["tiffcp", "-c", "g4", plain, path], check=True)
    subprocess.run(["rm", plain], check=True)
