"""How one signs in to the demonstration: fresh codes and the staff's password, kept beside the database."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import make_url

from app.config import Config
from app.demo.people import DOMAIN, Town
from app.people import desk

# Households whose new slips are printed: the address, who lives there, and what there is to do.
SLIPS = (
    ("ziteng", "7-403", "小林", "“空中花园二期”还没表态 has not voted yet"),
    ("ziteng", "8-404", "贺伯", "还没表态 has not voted yet"),
    ("ziteng", "6-802", "张阿姨", "已表态，可以改 has voted, may change it"),
    ("ziteng", "5-403", "", "还没有人登录过 nobody has signed in yet"),
    ("guixiang", "3-402", "陈伯", "加装电梯 the lift of building 3"),
    ("hefeng", "14-1-102", "张老师", "14号楼前空地 the open space"),
)
LINES = (
    ("陈老师", "chen", "主持人 facilitator", "/c/ziteng/console"),
    ("苏工", "su", "社区规划师 planner", "/c/ziteng/"),
    ("罗科", "luo", "职能部门 department", "/c/ziteng/"),
    ("高远", "gao", "观察员 observer", "/c/ziteng/"),
    ("丁敏", "ding", "镇管理员 the town", "/admin"),
)
NAMES = {"ziteng": "紫藤里", "guixiang": "桂香苑", "hefeng": "和风新村"}


def write_sign_ins(config: Config, town: Town) -> None:
    """Reissue some households' codes at the desk, and write down how to sign in, for the owner of the file only."""
    lines = [
        "演示：清溪镇，三个小区。居民凭户码登录，工作人员用邮箱和密码。",
        "The demonstration: Qingxi Town, three communities. Residents sign in with a household's code,",
        "staff with e-mail and password. One code lets four browsers in.",
        "",
        "居民 Residents  /sign-in",
    ]
    for slug, address, name, note in SLIPS:
        home = town.homes[slug][address]
        lead = town.people[{"ziteng": "陈老师", "guixiang": "顾老师", "hefeng": "贺站长"}[slug]]
        code = desk.issue_many(lead, town.communities[slug], [home.household_id])[home.household_id]
        lines.append(f"  {code}  {NAMES[slug]} {address} {name or '新住户'}：{note}")
    lines += ["", f"工作人员 Staff  /sign-in/staff   密码 password for all: {town.password}"]
    lines += [f"  {f'{mail}@{DOMAIN}':<22} {name} {role}  {path}" for name, mail, role, path in LINES]
    lines += [f"  {'gu@' + DOMAIN:<22} 顾老师 桂香苑    {'he@' + DOMAIN} 贺站长 和风新村", ""]
    path = place_of_sign_ins(config)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def place_of_sign_ins(config: Config) -> Path:
    """Where they are kept: beside a SQLite database, else beside the media."""
    if config.is_sqlite:
        return Path(make_url(config.database_url).database or "").resolve().parent / "demonstration.txt"
    return config.media_dir.parent / "demonstration.txt"


def sign_ins(config: Config) -> str:
    """How to sign in to the demonstration, for the terminal; "" where there is none."""
    try:
        return place_of_sign_ins(config).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
