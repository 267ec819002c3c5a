"""Charts in SVG, of our own drawing: nothing to install."""

import math
from html import escape

OURS, OTHER, THIRD, BEHIND = "#1b7f5c", "#8a6d3b", "#6b6bb0", "#b8442f"
INK, FAINT, GRID = "#24292f", "#6e7781", "#e3e6ea"
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Canvas:
    def __init__(self, width, height):
        self.size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        self.parts = [f'<rect width="{width}" height="{height}" rx="6" fill="white"/>']

    def text(self, x, y, text, size=12, fill=INK, anchor="start", weight="normal", turned=False):
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
                          f'font-weight="{weight}"{turn}>{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, stroke=GRID, width=1, dash=""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
                          f'stroke-width="{width}"{dashes}/>')

    def rect(self, x, y, width, height, fill, opacity=1):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" rx="1.5" '
                          f'fill="{fill}" fill-opacity="{opacity}"/>')

    def path(self, points, stroke):
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{way}" fill="none" stroke="{stroke}" stroke-width="2" '
                          'stroke-linejoin="round"/>')

    def band(self, points, fill):
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{way}" fill="{fill}" fill-opacity="0.15"/>')

    def dot(self, x, y, fill):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}"/>')

    def save(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {self.size} font-family="{escape(FONT)}">',
                                   *self.parts, "</svg>", ""]))


def ratios(path, title, groups):
    """Bars from 1 on a logarithmic scale. groups: [(heading, [(label, ratio, low, high, first, goal)])]."""
    bars = [bar for _, rows in groups for bar in rows]
    if not bars:
        return
    values = [v for bar in bars for v in bar[1:] if v]
    low, high = min(0.5, *values), max(2.0, *values)
    left, width, step, top = 250, 560, 19, 64
    height = top + sum(step * len(rows) + 24 for _, rows in groups if rows) + 20
    span = math.log2(high / low) * 1.04

    def at(value):
        return left + width * (math.log2(value / low) + 0.02 * math.log2(high / low)) / span

    canvas = Canvas(left + width + 70, height)
    canvas.text(16, 26, title, 15, weight="600")
    canvas.text(16, 44, "right of 1 is ours; whiskers: range of the pairs; ticks: | first target, ‖ goal", 11, FAINT)
    power = math.ceil(math.log2(low))
    while 2.0 ** power <= high:
        x = at(2.0 ** power)
        canvas.line(x, top - 6, x, height - 22, "#9aa1a9" if power == 0 else GRID)
        canvas.text(x, height - 8, f"{2.0 ** power:g}", 11, FAINT, "middle")
        power += 1
    y = top
    for heading, rows in groups:
        if not rows:
            continue
        canvas.text(16, y + 12, heading, 12, weight="600")
        y += 22
        for label, middle, lowest, highest, first, goal in rows:
            colour = BEHIND if middle < 1 else OURS
            canvas.text(left - 8, y + 11, label, 12, anchor="end")
            canvas.rect(min(at(middle), at(1)), y + 2, abs(at(middle) - at(1)), 11, colour, 0.8)
            canvas.line(at(lowest), y + 7.5, at(highest), y + 7.5, INK)
            for bound, marks in ((first, (0,)), (goal, (-1.5, 1.5))):
                for mark in marks if bound and low <= bound <= high else ():
                    canvas.line(at(bound) + mark, y, at(bound) + mark, y + 15, "#3b3f45", 1)
            canvas.text(left + width + 10, y + 11, f"{middle:.2f}", 12, weight="600", fill=colour)
            y += step
        y += 2
    canvas.save(path)


def short(value):
    for size, mark in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{mark}"
    return f"{value:.3g}"


def ticks(low, high, log):
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        marks = (1, 2, 5) if last - first <= 2 else (1,)
        return [m * 10.0 ** p for p in range(first, last + 1) for m in marks if low <= m * 10.0 ** p <= high]
    step = 10.0 ** math.floor(math.log10(high))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if high / s <= 8)
    return [i * step for i in range(int(high / step) + 1)]


def curves(path, title, x_name, y_name, series, log_y=True, log_x=True):
    """Lines with a band from the lowest to the highest. series: {name: [(x, middle, low, high)]}; x may be a text."""
    colours = dict(zip(series, (OURS, OTHER, THIRD)))
    everything = [point for points in series.values() for point in points]
    if not everything:
        return
    named = isinstance(everything[0][0], str)
    names = list(dict.fromkeys(point[0] for point in everything))
    left, width, top, height = 76, 560, 58, 270
    xs = range(len(names)) if named else [point[0] for point in everything]
    ys = [value for point in everything for value in point[1:]]
    x_low, x_high = min(xs), max(xs)
    y_low, y_high = (min(ys) * 0.8, max(ys) * 1.25) if log_y else (0, max(ys) * 1.08)

    def x_at(x):
        if named:
            return left + width * (names.index(x) + 0.5) / len(names)
        # Zero has its place at the left of a logarithmic axis.
        scale = (lambda v: math.log10(max(v, 0.5))) if log_x else float
        return left + 10 + (width - 20) * (scale(x) - scale(x_low)) / ((scale(x_high) - scale(x_low)) or 1)

    def y_at(y):
        scale = (lambda v: math.log10(max(v, 1e-12))) if log_y else float
        return top + height * (1 - (scale(y) - scale(y_low)) / (scale(y_high) - scale(y_low)))

    canvas = Canvas(left + width + 24, top + height + 50)
    canvas.text(16, 24, title, 15, weight="600")
    x = 16
    for name in series:
        canvas.line(x, 42, x + 18, 42, colours[name], 3)
        canvas.text(x + 24, 46, name, 12)
        x += 40 + 8 * len(name)
    for y in ticks(y_low, y_high, log_y):
        canvas.line(left, y_at(y), left + width, y_at(y))
        canvas.text(left - 8, y_at(y) + 4, short(y), 11, FAINT, "end")
    places = names if named else sorted(set(xs))
    last = -100.0
    for place in places:
        canvas.line(x_at(place), top + height, x_at(place), top + height + 4, FAINT)
        if x_at(place) - last >= 36:
            last = x_at(place)
            canvas.text(last, top + height + 18, place if named else short(place), 11, FAINT, "middle")
    canvas.line(left, top + height, left + width, top + height, FAINT)
    canvas.text(left + width / 2, top + height + 38, x_name, 12, FAINT, "middle")
    canvas.text(20, top + height / 2, y_name, 12, FAINT, "middle", turned=True)
    for place, (name, points) in enumerate(series.items()):
        if named:
            bar = min(28, width / len(names) / (len(series) + 1))
            for x, middle, low, high in points:
                begin = x_at(x) + (place - len(series) / 2) * (bar + 2)
                canvas.rect(begin, y_at(middle), bar, top + height - y_at(middle), colours[name], 0.85)
                canvas.line(begin + bar / 2, y_at(low), begin + bar / 2, y_at(high), INK)
            continue
        canvas.band([(x_at(p[0]), y_at(p[3])) for p in points] + [(x_at(p[0]), y_at(p[2])) for p in reversed(points)],
                    colours[name])
        canvas.path([(x_at(p[0]), y_at(p[1])) for p in points], colours[name])
        for point in points:
            canvas.dot(x_at(point[0]), y_at(point[1]), colours[name])
    canvas.save(path)
