"""The colours of courses."""

COLORS = (
    "royalblue", "forestgreen", "darkorange", "mediumorchid", "darkcyan", "deeppink", "goldenrod", "blueviolet",
    "saddlebrown", "deepskyblue", "olive", "crimson", "limegreen", "darkslateblue", "palevioletred",
    "mediumaquamarine", "purple", "cornflowerblue", "chocolate", "darkgreen", "violet", "steelblue", "lightsalmon",
    "mediumpurple", "darkred", "yellowgreen", "fuchsia", "blue", "mediumvioletred", "mediumseagreen", "plum",
    "darkolivegreen", "hotpink", "lightseagreen", "darkgoldenrod", "firebrick", "indianred", "mediumblue", "darkkhaki",
    "red", "slateblue", "darkturquoise", "seagreen", "lightcoral", "dodgerblue", "cadetblue", "tan", "darkseagreen",
)  # fmt: skip
"""CSS3 names (RFC 7986 §5.9), the most different first; none is close to the colours of exams and cancelled lessons."""
OFFERED_COLORS = COLORS[:24]
"""The colours that the page offers; each has a name in both languages."""
