"""Rows as text: aligned for a terminal, which Markdown reads as well."""


def cell(value, form):
    if value is None:
        return ""
    return format(value, form) if form and not isinstance(value, str) else str(value)


def with_ratios(figure, rows):
    """Add each row's ratio to Heatline's own row of the same variant."""
    ours = {row.get(figure.VARIANT): row for row in rows if row["profiler"] == "Heatline"}
    for row in rows:
        reference = ours.get(row.get(figure.VARIANT), {}).get(figure.KEY)
        if reference and row.get(figure.KEY) is not None:
            row["ratio"] = row[figure.KEY] / reference
    return rows


def markdown(figure, rows):
    """A table. A row that could not be measured gives its reason in the second column."""
    columns = [("profiler", "profiler", ""), *figure.COLUMNS]
    if figure.RATIO:
        columns.append(("ratio", "÷ Heatline", ".3g"))
    lines = [[head for _, head, _ in columns]]
    for row in rows:
        cells = [cell(row.get(key), form) for key, _, form in columns]
        if "failed" in row:
            cells[-1] = "not measured: " + row["failed"]
        lines.append(cells)
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    texts = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |" for line in lines]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)


def verdict(figure, rows):
    """What was to be reached, and whether our rows reach it."""
    lines = [f"To reach: {figure.GOAL}."]
    for row in rows:
        if row["profiler"] != "Heatline" or "failed" in row:
            continue
        if row.get(figure.VARIANT) not in getattr(figure, "JUDGED", (row.get(figure.VARIANT),)):
            continue
        missed = figure.missed(row)
        where = f" ({row[figure.VARIANT]})" if figure.VARIANT else ""
        lines.append(f"Heatline{where}: " + (f"missed, {missed}" if missed else "reached") + ".")
    return "\n".join(lines)
