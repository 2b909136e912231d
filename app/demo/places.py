"""The invented places of the demonstration, and their rolls, made the same on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "建国",
    "秀英",
    "桂芳",
    "志强",
    "美华",
    "永康",
    "玉兰",
    "国华",
    "丽娟",
    "明德",
    "素珍",
    "伟民",
    "小红",
    "文斌",
    "雅琴",
    "海涛",
    "佩琪",
    "振宇",
    "慧敏",
    "子涵",
    "雨桐",
    "浩然",
    "思远",
    "晓燕",
    "阿根",
    "月娥",
    "福生",
    "金妹",
    "宝根",
    "彩凤",
    "家豪",
    "静怡",
    "俊杰",
    "若曦",
    "一鸣",
    "欣悦",
    "立新",
    "惠珍",
    "龙根",
    "杏娣",
)


@dataclass(frozen=True)
class Place:
    """A community of the demonstration: ``buildings`` gives entrances, floors and flats to a floor of each building."""

    slug: str
    name: str
    name_en: str
    address: str
    about: str
    desk_place: str
    desk_hours: str
    desk_phone: str
    buildings: tuple[tuple[str, int, int, int], ...]
    has_owners_committee: bool


PLACES = (
    Place(
        "ziteng",
        "紫藤里",
        "Ziteng Lane",
        "清溪路88弄",
        "2004年建成，一半是动迁来的老住户，一半是买房、租房的年轻人。二层平台连着5至8号楼，是大家的“空中花园”。",
        "居委会议事角，3号楼底层",
        "每周二、四14:00至16:00",
        "021-5550 0188",
        (
            ("1", 1, 9, 4),
            ("2", 1, 9, 4),
            ("3", 1, 8, 4),
            ("4", 1, 8, 4),
            ("5", 1, 10, 4),
            ("6", 1, 10, 4),
            ("7", 1, 11, 4),
            ("8", 1, 11, 4),
            ("9", 1, 6, 4),
            ("10", 1, 6, 4),
            ("11", 1, 6, 4),
            ("12", 1, 6, 4),
        ),
        True,
    ),
    Place(
        "guixiang",
        "桂香苑",
        "Guixiang Court",
        "柳泉路35弄",
        "五幢六层老公房，没有电梯，院子里有四十年的桂花树。",
        "居委会门厅，2号",
        "每周一、三9:30至11:00",
        "021-5550 0135",
        (("1", 1, 6, 2), ("2", 1, 6, 2), ("3", 1, 6, 2), ("4", 1, 6, 2), ("5", 1, 6, 2)),
        False,
    ),
    Place(
        "hefeng",
        "和风新村",
        "Hefeng New Village",
        "北泾路500弄",
        "三十幢楼、一千八百户的大居住区，北门临着河。",
        "社区会客厅，14号楼底层",
        "周一至周五13:30至16:30，周六上午",
        "021-5550 0500",
        tuple((str(n), 3, 5, 4) for n in range(1, 31)),
        True,
    ),
)


def roll_of(place: Place) -> list[list[str]]:
    """The rows of a community's roll as the property company would send them, header first."""
    dice = random.Random(f"roll of {place.slug}")
    rows = [["楼号", "单元", "室号", "户主", "建筑面积", "居住情况"]]
    for label, entrances, floors, flats in place.buildings:
        for entrance in range(1, entrances + 1):
            for floor in range(1, floors + 1):
                for flat in range(1, flats + 1):
                    area = dice.choice((4850, 5632, 6218, 7345, 8950, 9874, 11206)) + dice.randrange(0, 40)
                    rows.append(
                        [
                            f"{label}号楼",
                            f"{entrance}单元" if entrances > 1 else "",
                            f"{floor}{flat:02d}",
                            dice.choice(SURNAMES) + dice.choice(GIVEN),
                            f"{area // 100}.{area % 100:02d}",
                            dice.choices(("自住", "出租", "空关"), (70, 26, 4))[0],
                        ]
                    )
    return rows
