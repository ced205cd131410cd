"""The commands, in the order of the road.

Exit codes: 0 clean, 3 findings a person must look at, 1 our fault, 2 it could not begin (wrong usage, no 台账,
no form for the year, outputs that cannot be written), 130 interrupted.
"""

from __future__ import annotations

import datetime as dt
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli import screen, show
from pipeline.cli.chase import add_chase, answer_after
from pipeline.cli.chinese import new_app
from pipeline.cli.faces import add_faces, publish_after
from pipeline.cli.history import history_app
from pipeline.cli.mailbox import add_mailbox, collect_before
from pipeline.cli.options import (
    CLEAN,
    FINDINGS,
    HERE,
    NEWEST,
    By,
    Json,
    Reason,
    Root,
    ThisYear,
    Year,
    choose,
    find_root,
)
from pipeline.cli.options import HANDLED as _HANDLED
from pipeline.cli.questions import add_questions
from pipeline.cli.service import add_service
from pipeline.errors import FormError
from pipeline.settings import read_settings

app = new_app(
    "政府信息公开工作年度报告：表格下发、回收、核对、汇总、成文。\n\n"
    "退出码：0 正常；3 有问题要人看；2 用法或环境不对，没有开始；1 程序出错；130 被中断。\n\n"
    "每条命令都可以加 --quiet（只打印错误）或 --verbose（把日志也打印出来）。",
    completion=True,
)
form_app = new_app("检查表式定义。")
template_app = new_app("生成、检查报表模板和报告模板。", bare=True)

rules_app = new_app("列出和解释校验规则，试用改过的规则。", bare=True, offering=True)

app.add_typer(form_app, name="form")
app.add_typer(rules_app, name="rules")
app.add_typer(template_app, name="template")
app.add_typer(history_app, name="history")
add_questions(app)
add_faces(app)
add_mailbox(app)
add_chase(app)
add_service(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        screen.put(f"xxgk {version('xxgk')}")
        raise typer.Exit(CLEAN)


@app.callback()
def start(
    asked: Annotated[
        bool, typer.Option("--version", help="显示版本后退出。", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the program itself."""
    del asked


@app.command("init", **_HANDLED)
def init(
    folder: Annotated[Path, typer.Argument(metavar="目录", help="新工作区的位置，没有会新建。")],
    year: ThisYear,
    former: Annotated[
        int | None,
        typer.Option(
            "--from",
            metavar="年度",
            min=2008,
            max=2100,
            help="从哪一年的台账沿用单位名录、年报信息和本地指标；决定不沿用。",
        ),
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option(
            "--units", metavar="名单", help="现成的单位名单（.xlsx、.xls、.ods），列标题自动识别，代码自动编。"
        ),
    ] = None,
) -> None:
    """建一个工作区，或在原有工作区里开始新的一年：inputs/年度 里放好台账，并生成签发密钥。"""
    from pipeline.cli import show_units
    from pipeline.control import read_unit_list
    from pipeline.setup import create_workspace

    listed = read_unit_list(units) if units else None
    workspace = create_workspace(folder, year, former=former, roster=listed.rows if listed else ())
    if listed:
        show_units.unit_list(listed)
    show.created(workspace, year)


@form_app.command("check", **_HANDLED)
def form_check(workspace: Root = HERE, json: Json = False) -> None:
    """检查所有表式：代码、Excel 的限制、法律依据、没有规则核对的指标。"""
    from pipeline.form import lint

    try:
        forms = [form for form, _ in find_root(workspace).forms()]
    except FormError as error:
        screen.error(str(error))
        raise typer.Exit(FINDINGS) from error
    remarks = {form.id: lint(form) for form in forms}
    show.remarks(forms, remarks, json=json)
    if any(remark.level == "error" for remark_list in remarks.values() for remark in remark_list):
        raise typer.Exit(FINDINGS)


@rules_app.command("list", **_HANDLED)
def rules_list(
    rule: Annotated[str, typer.Argument(metavar="[编号]", help="规则编号，如 R3；不写就列出全部。")] = "",
    year: Annotated[int, typer.Option("--year", metavar="年度", help="报告年度，默认为最新的表式。")] = 0,
    workspace: Root = HERE,
    markdown: Annotated[bool, typer.Option("--markdown", help="输出整本目录，用来生成 docs/rules.md。")] = False,
) -> None:
    """列出全部规则，写了年度就连同台账里的本地规则；或解释其中一条（也可以直接写 xxgk rules R3）。"""
    from pipeline.queries import catalogue

    where = find_root(workspace)
    if markdown:
        screen.plain(catalogue.markdown(where.form(year)[0] if year else where.forms()[-1][0]))
        return
    form = catalogue.in_force(where, year) if year else where.forms()[-1][0]
    if not rule:
        show.rules(form)
    elif rule.upper() in {entry.id for entry in form.rules}:
        show.rule(form.rule(rule.upper()))
    else:
        known = "、".join(entry.id for entry in form.rules)
        raise typer.BadParameter(f"没有规则 {rule}，现有：{known}", param_hint="编号")


@rules_app.command("try", **_HANDLED)
def rules_try(
    file: Annotated[Path, typer.Argument(metavar="文件", help="改过的 rules.toml。")],
    year: Year = NEWEST,
    workspace: Root = HERE,
) -> None:
    """试用改过的规则：本年度已通过的报表里哪些会通不过。不写任何文件。"""
    from pipeline.queries.try_rules import try_rules

    trial = try_rules(*choose(workspace, year), file)
    show.trial(trial)
    if trial.fallen:
        raise typer.Exit(FINDINGS)


@template_app.callback(invoke_without_command=True)
def template(
    ctx: typer.Context,
    workspace: Root = HERE,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有的模板（改过的样式会丢失）。")] = False,
) -> None:
    """按表式生成空白模板；已有的模板不动，除非 --force。"""
    if ctx.invoked_subcommand is None:
        from pipeline.setup import write_templates

        show.templates(write_templates(find_root(workspace), force=force))


@template_app.command("check", **_HANDLED)
def template_check(workspace: Root = HERE, json: Json = False) -> None:
    """检查改过样式的模板缺了什么。"""
    from pipeline.night.template_trial import examine_letter, examine_templates
    from pipeline.setup import local_indicators

    where = find_root(workspace)
    local = local_indicators(where)
    findings = [f for form, folder in where.forms() for f in examine_templates(form, folder, local)]
    findings += examine_letter(where.letter_template())
    show.template_findings(findings, json=json)
    if findings:
        raise typer.Exit(FINDINGS)


@app.command("issue", **_HANDLED)
def issue(
    year: Year = NEWEST,
    workspace: Root = HERE,
    new_secret: Annotated[
        bool,
        typer.Option("--new-secret", help="签发密钥确实找不回来时换一把新的；以前下发的报表要重新下发或逐份认领。"),
    ] = False,
    json: Json = False,
) -> None:
    """给名录里的每个单位生成一份报表，放在 outputs/年度/issued/。"""
    from pipeline.night.issue import issue_workbooks

    where, year = choose(workspace, year)
    issued = issue_workbooks(where, year, progress=screen.progress, new_secret=new_secret)
    show.issued(issued, where.year_outputs(year) / "issued", json=json)
    if any(finding.open for finding in issued.findings):
        raise typer.Exit(FINDINGS)


@app.command("run", **_HANDLED)
def run(
    year: Year = NEWEST,
    workspace: Root = HERE,
    anew: Annotated[bool, typer.Option("--anew", help="全部重新读取、重新核对，不用以前的结果。")] = False,
    engine: Annotated[
        Literal["local", "dask"] | None,
        typer.Option(
            "--engine",
            metavar="local|dask",
            help="由谁来读报送件：local 这台机器（默认），dask 多台机器。",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="地址", help="dask 的调度程序在哪里，如 tcp://10.0.0.5:8786。")
    ] = "",
    json: Json = False,
) -> None:
    """每晚的汇总：读取 inputs/年度 里的报送件，核对，汇总，生成汇总表和报告。没有变化就不再做一遍。"""
    from pipeline.night.ahead import get_ahead

    started = time.perf_counter()
    where, year = choose(workspace, year)
    settings = read_settings(where.root)
    if (engine or settings.engine) == "local":
        get_ahead(where, year)
    from pipeline.night.close import closing_of
    from pipeline.night.engine import choose_engine
    from pipeline.night.run import WORKERS, Effort, run_night
    from pipeline.queries.status import last_document, open_points

    went_well = collect_before(where, year, json=json)
    reading = choose_engine(engine or settings.engine, scheduler or settings.scheduler)
    effort = Effort(progress=screen.progress, anew=anew, workers=settings.workers or WORKERS, engine=reading)
    outcome = run_night(where, year, now=dt.datetime.now().astimezone(), effort=effort)
    folder, seconds = where.year_outputs(year), time.perf_counter() - started
    if outcome is not None:
        show.outcome(outcome, folder, seconds, json=json)
        if not json:
            publish_after(where, year)
        again = outcome.open_points
    else:
        document, closing = last_document(where, year), closing_of(where, year)
        show.unchanged(document, closing, folder, seconds, json=json)
        again = tuple(open_points(document)) if not closing else closing.open_points
    answer_after(where, year, json=json)
    if again:
        if not json:
            show.reasons(again)
        raise typer.Exit(FINDINGS)
    if not went_well:
        raise typer.Exit(FINDINGS)


@app.command("lock", **_HANDLED)
def lock(
    year: ThisYear,
    by: By,
    reason: Reason,
    workspace: Root = HERE,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="文件", help="要封存的定稿（.docx 或 .html），核对过关才封存；不写就封存 report.docx。"
        ),
    ] = None,
) -> None:
    """封存：本年度的数和结果定下来，写出封存清单；以后来的文件只登记，什么都不改。"""

    from pipeline.night.close import lock_year

    where = find_root(workspace)
    outcome = lock_year(where, year, by=by, reason=reason, now=dt.datetime.now().astimezone(), report=report)
    show.locked(outcome, where.year_outputs(year), report)


@app.command("unlock", **_HANDLED)
def unlock(year: ThisYear, by: By, reason: Reason, workspace: Root = HERE) -> None:
    """解除封存，理由记录在案；下一次汇总会计入封存以后来的文件。"""

    from pipeline.night.close import unlock_year

    unlock_year(find_root(workspace), year, by=by, reason=reason, now=dt.datetime.now().astimezone())
    show.unlocked(year)


@app.command("status", **_HANDLED)
def status(
    year: Year = NEWEST,
    workspace: Root = HERE,
    unit: Annotated[
        str, typer.Option("--unit", metavar="单位代码", help="只看一个单位，列出它的每一次状态变化。")
    ] = "",
    json: Json = False,
) -> None:
    """最近一次汇总时各单位的状态。"""
    from pipeline.night.close import closing_of, reopening_of
    from pipeline.queries.status import last_document, transitions

    where, year = choose(workspace, year)
    document = last_document(where, year)
    if unit:
        show.transitions(document, unit, transitions(where, year, unit), json=json)
        return
    closing = closing_of(where, year)
    show.status(document, closing, reopening_of(where, year), json=json)
    if not document["complete"] or (closing and closing.findings):
        raise typer.Exit(FINDINGS)


@app.command("demo", **_HANDLED)
def demo(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", metavar="目录", help="演示工作区的位置，默认为 demo。")
    ] = Path("demo"),
) -> None:
    """演示：方正县 2024 年度，两个晚上，从下发到成文。"""
    from pipeline.demo import play

    show.play(play(workspace, progress=screen.progress))
