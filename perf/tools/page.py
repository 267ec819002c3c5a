"""From the results of runs to lines with ratios and targets, and from these to docs/performance.md and README.md."""

import csv
import json
import math
from dataclasses import dataclass

import charts
from rows import LIMITS, MORE, NAMES, ROWS, SECTIONS, UNCOMPARED, Row, listed
from runner import ROOT, fail, median, shown

PAGE, README, CHARTS = ROOT / "docs/performance.md", ROOT / "README.md", ROOT / "docs/performance"
# README.md's rows: one for each thing that a reader may want to know first.
FIRST_LOOK = ["inproc_16", "inproc_64", "tcp_16", "tcp_256", "tcp_1024", "tcp_65536", "tcp_1048576", "ipc_64",
              "inproc_latency", "tcp_latency", "ipc_latency", "fan_out_16", "fan_out_128", "router_256", "curve_1024"]
WORDS = {"goal": "goal", "first": "yes", "no": "**no**", "": ""}


@dataclass
class Line:
    """One figure of a row, over all runs."""
    row: Row
    figure: str
    unit: str
    values: dict  # side: median over all pairs of all runs
    ratios: list  # (middle, lowest, highest) of each run; empty where the figure is not compared
    third: float | None
    target: object
    reached: str

    @property
    def name(self):
        return self.unit if self.figure == "rate" else NAMES.get(self.figure, self.figure)


def ratio(figure, ours, other):
    above, below = (ours, other) if figure in MORE else (other, ours)
    # Memory that is given back leaves some pages, or none.
    return above / below if below else (1.0 if above == below else float("inf"))


def ratios_of(figure, ours, other):
    found = sorted(ratio(figure, a[figure], b[figure]) for a, b in zip(ours, other))
    return median(found), found[0], found[-1]


def bounds(found):
    """Between which two of the values their median would be found again, nine times out of ten."""
    # As many are left out at either end as fall on one side of it no more often than once in twenty times.
    count, at_most, left_out = len(found), 0.0, -1
    while at_most <= 0.05 and left_out < count:
        left_out += 1
        at_most += math.comb(count, left_out) / 2 ** count
    left_out = max(left_out - 1, 0)
    return found[left_out], found[count - 1 - left_out]


def is_open(row, ours, other):
    """Whether these pairs do not tell yet if a figure is at its first target or short of it."""
    for figure, target in row.targets.items():
        if target.first is None or target.at_most or figure in UNCOMPARED:
            continue
        low, high = bounds(sorted(ratio(figure, a[figure], b[figure]) for a, b in zip(ours, other)))
        if low < target.first <= high:
            return True
    return False


def lines_of(row, runs):
    """The lines of one row: `runs` are {side: [figures of each pair]}, one of each whole run."""
    lines = []
    for figure in runs[0]["ours"][0]:
        if not listed(row.name, figure):
            continue
        values = {side: median(pair[figure] for run in runs for pair in run.get(side, ()))
                  for side in runs[0] if all(run.get(side) for run in runs)}
        compared = figure not in UNCOMPARED and not row.name.startswith("plain:")
        each = [ratios_of(figure, run["ours"], run["other"]) for run in runs] if compared else []
        third = None
        if compared and "third" in values:
            third = median(ratio(figure, a[figure], b[figure])
                           for run in runs for a, b in zip(run["ours"], run["third"]))
        target = row.targets.get(figure)
        reached = ""
        if target:
            found = [target.reached(each[i][0] if each else 0.0, median(pair[figure] for pair in run["ours"]))
                     for i, run in enumerate(runs)]
            reached = min(found, key=["no", "first", "goal", ""].index)
        unit = runs[0]["ours"][0]["unit"] if figure == "rate" else ""
        lines.append(Line(row, figure, unit, values, each, third, target, reached))
    return lines


class Results:
    """All runs, as they are kept in results.json."""

    def __init__(self, head, runs):
        self.head, self.runs = head, runs

    @classmethod
    def read(cls, path):
        if not path.is_file():
            fail(f"no results in {path}")
        kept = json.loads(path.read_text())
        return cls(kept["head"], kept["runs"])

    def save(self, directory):
        (directory / "results.json").write_text(json.dumps({"head": self.head, "runs": self.runs}, indent=1))
        with (directory / "results.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["run", "row", "side", "pair", "figure", "value", "unit"])
            for number, run in enumerate(self.runs, 1):
                for name, sides in run["rows"].items():
                    out.writerows((number, name, side, pair, figure, value, figures["unit"] if figure == "rate" else "")
                                  for side, pairs in sides.items() if side != "failed"
                                  for pair, figures in enumerate(pairs, 1)
                                  for figure, value in figures.items() if figure != "unit")

    def failures(self):
        return [f"{name}: {sides['failed']}" for run in self.runs for name, sides in run["rows"].items()
                if "failed" in sides]

    def lines(self, names=None):
        found = []
        for name, command in self.head["rows"].items():
            runs = [run["rows"][name] for run in self.runs if "failed" not in run["rows"].get(name, {"failed": ""})]
            if runs and (names is None or name in names):
                found += lines_of(ROWS.get(name) or Row(name, name, command), runs)
        return found

    @property
    def third(self):
        return any("third" in sides for run in self.runs for sides in run["rows"].values())


def table_head(runs, third):
    columns = ["", "figure", "ours", "libzmq"] + (["omq-libzmq"] if third else [])
    columns += ["ratio (range)"] if runs == 1 else [f"ratio, run {n + 1}" for n in range(runs)]
    columns += (["to omq"] if third else []) + ["first", "goal", "at or past first"]
    return [f"| {' | '.join(columns)} |", "|" + "---|" * 2 + "---:|" * (len(columns) - 3) + "---|"]


def table_line(line, again, runs, third):
    def of(side):
        return shown(line.values[side]) if side in line.values else "–"

    cells = ["" if again else line.row.title, line.name, of("ours"), of("other")] + ([of("third")] if third else [])
    cells += [f"**{middle:.2f}** ({low:.2f}–{high:.2f})" for middle, low, high in line.ratios] or [""] * runs
    if third:
        cells.append("" if line.third is None else f"{line.third:.2f}")
    target = line.target
    cells += [target.text(target.first), target.text(target.goal)] if target else ["", ""]
    return f"| {' | '.join([*cells, WORDS[line.reached]])} |"


def table(lines, runs, third):
    text, before = table_head(runs, third), None
    for line in lines:
        text.append(table_line(line, line.row.name == before, runs, third))
        before = line.row.name
    return text


def verdict(lines, runs):
    judged = [line for line in lines if line.reached]
    short = [line for line in judged if line.reached == "no"]
    goals = sum(line.reached == "goal" for line in judged)
    each = "in each of the runs" if runs > 1 else "in this run"
    text = [f"{len(judged) - len(short)} of {len(judged)} figures with a target are at or past \"first\" {each}, "
            f"{goals} of them at their goal."]
    if short:
        text.append("Short of \"first\": " + "; ".join(f"{line.row.title}, {line.name}" for line in short) + ".")
    return text


def limit_lines(run):
    text = ["| limit of the machine | rate | | CPU, µs each |", "|---|---:|---|---:|"]
    for name, figures in run["limits"].items():
        bytes_too = f"{shown(figures['mb_per_s'])} MB/s" if "mb_per_s" in figures else (
            f"{figures['mean_us']:.3g} µs" if "mean_us" in figures else "")
        text.append(f"| {LIMITS[name].title} | {shown(figures['rate'])} {figures['unit']} | {bytes_too} | "
                    f"{figures['cpu_us']:.3g} |")
    return text


def by_section(lines):
    for section, rows in SECTIONS.items():
        names = {row.name for row in rows}
        found = [line for line in lines if line.row.name in names]
        if found:
            yield section, found


def draw(results, directory):
    lines, written = results.lines(), []
    for figure, name, title in (("rate", "rates", "Rate: Ozmium to libzmq"),
                                ("cpu_us", "cpu", "CPU time per message: libzmq to Ozmium")):
        groups = [(section, [bar_of(line) for line in found if line.figure == figure])
                  for section, found in by_section(lines)]
        if any(rows for _, rows in groups):
            charts.ratios(directory / f"{name}.svg", title, groups)
            written.append((f"{name}.svg", title))
    return written


def bar_of(line):
    middles = [one[0] for one in line.ratios]
    target = line.target
    return (line.row.title, median(middles), min(one[1] for one in line.ratios), max(one[2] for one in line.ratios),
            target and target.first, target and target.goal)


def replace(path, mark, text):
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    page = path.read_text()
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        fail(f"{path} has no {begin} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def write(results):
    """docs/performance.md with its charts, and README.md's short table."""
    lines, runs = results.lines(), len(results.runs)
    text = [results.head["text"], "", *verdict(lines, runs), ""]
    for name, title in draw(results, CHARTS):
        text += [f"![{title}](performance/{name})", ""]
    for section, found in by_section(lines):
        text += [f"### {section}", "", *table(found, runs, results.third), ""]
    text += ["### The machine without a library", "", *limit_lines(results.runs[-1])]
    replace(PAGE, "bench", "\n".join(text))
    replace(README, "bench", "\n".join(short_table(results)))


def short_table(results):
    text = [f"{results.head['text']}; ratios above 1 are ours.", "", "| | rate | CPU time per message |", "|---|---:|---:|"]
    found = {(line.row.name, line.figure): line for line in results.lines(FIRST_LOOK)}
    def middle(name, figure):
        line = found.get((name, figure))
        return f"{median(one[0] for one in line.ratios):.1f}" if line else ""

    for name in FIRST_LOOK:
        text.append(f"| {ROWS[name].title} | {middle(name, 'rate')} | {middle(name, 'cpu_us')} |")
    return text
