"""What is wrong with the tags of a Word template, in Chinese: Jinja and Python say it in English."""

from __future__ import annotations

import re

from lxml import etree

_PRINTED = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of print statement": "{{",
    "begin of statement block": "{%",
    "end of template": "文末",
    "name": "名称",
    "string": "文字",
    "integer": "整数",
}
_TAGS = (
    (r"Unexpected end of template\..*?'(end\w+)'", "少了 {0}"),
    (r"Unexpected end of template|unexpected end of template", "到文末还没有写完"),
    (r"Encountered unknown tag '([^']*)'", "没有 {0} 这种标签，或者前面少了它的开头"),
    (r"No filter named '([^']*)'", "没有叫 {0} 的过滤器"),
    (r"No test named '([^']*)'", "没有叫 {0} 的判断"),
    (r"expected token '([^']*)', got '([^']*)'", "这里应当是 {0}，写的是 {1}"),
    (r"Expected an expression, got '([^']*)'", "{0} 前面少了内容"),
    (r"unexpected char ['\"](.)['\"]", "不能用的字符 {0}"),
    (r"unexpected '([^']*)', expected '([^']*)'", "这里应当是 {1}，写的是 {0}"),
    (r"unexpected '([^']*)'", "多了 {0}"),
    (r"[Mm]issing end of comment", "注释没有写结尾"),
    (r"block '([^']*)' defined twice", "{0} 定义了两遍"),
)
"""Messages of Jinja 3.1, the first that fits."""


def explain_tag(message: str) -> str:
    """Return one clause for what Jinja says of a tag."""
    for pattern, words in _TAGS:
        if found := re.search(pattern, message):
            return words.format(*(_PRINTED.get(part, part) for part in found.groups()))
    return "写法不对"


def explain_filling(error: Exception) -> str:
    """Return one clause for what went wrong while a template was filled."""
    match error:
        case ZeroDivisionError():
            return "有除以 0 的算式"
        case ArithmeticError():
            return "有算不出来的算式"
        case TypeError():
            return "有算不出来的算式：还没有的数、文字不能参加计算"
        case etree.XMLSyntaxError():
            return "标签的开头和结尾不在同一层，例如一个在表格里、一个在表格外"
        case _:
            return "有写法不对的算式"


def name_forbidden(message: str) -> str:
    """Return what a template may not do: the name that the sandbox refuses."""
    names = re.findall(r"'(\w+)'", message)
    return names[0] if names else "调用程序"
