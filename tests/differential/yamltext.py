"""Writes YAML text in the many ways that people do: styles, indentation, comments, anchors. All choices come from a
random generator that the caller seeds."""


class Raw(str):
    """A scalar as it stands in the text."""


class Block(str):
    """A text to be written as a block scalar."""


class Literal(Block):
    """A text whose lines must stay as they are."""


AWKWARD = [
    "plain", "two words", "a-b.c/d", "'single'", '"double"', '"esc\\taped\\u00e9"', "''", '""', "5", "-7", "0", "80", "8080", "1000000",
    "12345678", "1.0", "1.5", "1e3", "0x1F", "017", "0o17", "1_000", "+5", ".5", "123456.5", "1234567.5", "0.00001", "'5'", '"80"', "'1e3'", "true",
    "false", "True", '"true"', "yes", "no", "on", "Off", "y", "null", "~", "'null'", "2020-01-01", "'2020-01-01'", "1:30", "08", "0b101",
    "a:b", "a#b", "'a: b'", "'a #b'", "'- x'", "'# x'", "'{x}'", "'[x]'", "'*x'", "'&x'", "'!x'", "'%x'", "'@x'", "<<", "=", "it's", "'it''s'",
    '" lead"', '"trail "', "'---'", "'...'", "!!str 5", "!!str true", "é", "日本", '"\\U0001F600"', "/a/b", "http://x.y/z?q=1#f", "-x", "$(VAR)",
    "a,b", "a{b}", "'a\\b'", '"a\\\\b"', "9007199254740993", "18446744073709551615", "1e20", "v1.2.3", "1.2.3", "100m", "1Gi", "NaN", "0.5",
    "word " * 18 + "end", "'" + "long quoted: text " * 6 + "'",
]

TEXTS = ["line one\nline two\n", "a\n\nb\n", "x\n", "no newline at end", "  indented\nthen not\n", "a: b\nc:\n- d\n", "key=value\nother=1\n", "trailing \nblank\n",
         "tab\there\n", "{\n  \"a\": 1\n}\n", "end\n\n\n", "#!/bin/sh\necho $X\n"]


class Writer:
    """Turns Python values into YAML text."""

    def __init__(self, random, plain=False):
        self.random = random
        self.plain = plain

    def chance(self, probability):
        return not self.plain and self.random.random() < probability

    def scalar(self, value):
        if isinstance(value, Raw):
            return str(value)
        if value is None:
            return "null"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        text = str(value)
        safe = text and all(c.isalnum() or c in "-_./" for c in text) and text[0].isalpha() and text.lower() not in (
            "true", "false", "yes", "no", "on", "off", "y", "n", "null")
        if safe and not self.chance(0.15):
            return text
        if self.chance(0.5) and "'" not in text and "\n" not in text:
            return "'" + text + "'"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    def flow(self, value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(v) for v in value) + "]"
        if isinstance(value, Block):
            return self.scalar(str(value))
        if isinstance(value, Raw) and (set(str(value)) & set(",{}[]#") or ": " in value or value.startswith("!") or value.startswith("?") or str(value).endswith(":")) \
                and not value.startswith(("'", '"')):
            return "flow"
        return self.scalar(value)

    def key(self, key):
        return str(key) if isinstance(key, Raw) else self.scalar(key)

    def block_scalar(self, text, indent):
        style = "|" if isinstance(text, Literal) or self.random.random() < 0.75 or text.startswith(" ") else ">"
        hint = "2" if text[:1] in (" ", "\n") else ""
        chomp = "" if text.endswith("\n") and not text.endswith("\n\n") else ("-" if not text.endswith("\n") else "+")
        lines = text.split("\n")
        if text.endswith("\n"):
            lines.pop()
        pad = " " * (indent + 2)
        return style + hint + chomp + "\n" + "\n".join(pad + line if line else "" for line in lines)

    def lines(self, value, indent=0):
        """The lines of a map or a list in block style."""
        pad = " " * indent
        out = []
        if isinstance(value, dict):
            for key, item in value.items():
                if self.chance(0.03):
                    out.append(pad + "# a comment")
                if self.chance(0.02):
                    out.append("")
                out += self.entry(pad + self.key(key) + ":", item, indent, in_list=False)
        else:
            for item in value:
                out += self.element(item, indent)
        return out

    def entry(self, head, item, indent, in_list):
        if isinstance(item, dict) and item and not self.chance(0.08):
            return [head + (" # c" if self.chance(0.03) else "")] + self.lines(item, indent + 2)
        if isinstance(item, list) and item and not self.chance(0.08):
            return [head] + self.lines(item, indent if self.chance(0.5) else indent + 2)
        if isinstance(item, Block):
            return (head + " " + self.block_scalar(item, indent)).split("\n")
        text = self.flow(item) if isinstance(item, (dict, list)) else self.scalar(item)
        return [head + (" " + text if text else "") + (" # c" if self.chance(0.03) else "")]

    def element(self, item, indent):
        pad = " " * indent
        if isinstance(item, dict) and item and not self.chance(0.08):
            lines = self.lines(item, indent + 2)
            while lines and (not lines[0].strip() or lines[0].strip().startswith("#")):
                lines.pop(0)
            return [pad + "- " + lines[0][indent + 2:]] + lines[1:]
        if isinstance(item, list) and item and not self.chance(0.3):
            lines = self.lines(item, indent + 2)
            return [pad + "- " + lines[0][indent + 2:]] + lines[1:]
        return self.entry(pad + "-", item, indent, in_list=True)

    def document(self, value):
        return "\n".join(self.lines(value)) + "\n"

    def documents(self, values):
        text = "---\n".join(self.document(value) for value in values)
        if self.chance(0.2):
            text = "---\n" + text
        if self.chance(0.1):
            text = "# head\n" + text
        return text
