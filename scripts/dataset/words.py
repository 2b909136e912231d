"""What neighbours say here: seeded phrases, so that a page reads like a page and a search finds what is searched."""

from __future__ import annotations

import random

_PAIRS = (
    "春晖夏荷秋枫冬梅青松翠竹幽兰丹桂紫薇玉兰海棠银杏香樟垂柳白杨红杉朝霞晚晴明月清风听雨望江临河沁园锦绣和乐康宁福安永兴新民"
    "建设光明团结友谊向阳东升西园南塘北溪中和云锦星辰万年百步千秋荣华富民安居静安文昌书香墨香书院枫林梧桐杏花桃源橘香松涛芳草"
)
PREFIXES = tuple(_PAIRS[at : at + 2] for at in range(0, len(_PAIRS), 2))
SUFFIXES = "苑里坊庭园居轩邸湾埭弄巷村寓舍阁洲浜桥塘"
PLACES = (
    *("中心花园", "东门口", "西门口", "3号楼前", "5号楼北侧", "8号楼底层", "老车棚", "活动室", "晾衣场", "健身角"),
    *("垃圾厢房", "河边步道", "二层平台", "主干道", "消防通道", "门卫室旁", "配电房边", "楼道口", "屋顶", "地下车库"),
)
THINGS = (
    *("电梯", "长椅", "路灯", "雨棚", "晾衣架", "花坛", "充电桩", "信报箱", "扶手", "坡道", "凉亭", "棋桌", "宣传栏"),
    *("监控", "垃圾桶", "排水沟", "水管", "绿化带", "停车位", "单元门", "滑梯", "沙坑", "书架", "饮水点", "快递柜"),
)
WISHES = (
    "修一修",
    "换一换",
    "加装一处",
    "重新排一排",
    "腾个地方出来",
    "补上",
    "移开一点",
    "加个顶",
    "铺平",
    "刷一遍漆",
)
REASONS = (
    "老人走到那里要歇两回",
    "下雨天一地的水",
    "晚上看不清脚下",
    "孩子放学没有地方待",
    "轮椅过不去",
    "车子一停就堵死",
    "三年前说过一次，没有下文",
    "楼下住户说吵",
    "去年有人在那里摔过",
    "夏天太晒，冬天风大",
    "物业说钱不够，大家可以一起想办法",
    "别的小区已经做了，我去看过",
)
ASKS = (
    "先量一量尺寸，再请苏工看一看。",
    "费用从哪里来，请写清楚。",
    "我愿意出半天工。",
    "能不能先做一个试试，三个月以后再说？",
    "请不要占消防通道。",
    "底楼的邻居同意了吗？",
    "我家那一层五户都赞成。",
    "这件事比换门要紧。",
    "不急，先把漏水修好。",
    "图纸贴在楼下，老人也看得见。",
    "建议用旧料，省下来的钱添两盏灯。",
    "以后谁来打扫，也要一起定下来。",
)
OPENERS = (
    "我看",
    "说句实话，",
    "补充一点：",
    "住了二十年，",
    "昨天去看过，",
    "问一声，",
    "我妈让我带句话：",
    "同意楼上，",
    "不太同意，",
    "",
)
KINDS = ("support", "support", "suggestion", "question", "concern")
CONCERNS = ("施工的时候请避开午休。", "钱用在哪里，每个月贴出来。", "请留一条轮椅过得去的路。", "先试一年再说。")


def community(number: int) -> tuple[str, str]:
    """The name of a community, always three characters, and its short name for addresses, always six."""
    return PREFIXES[number % len(PREFIXES)] + SUFFIXES[number // len(PREFIXES) % len(SUFFIXES)], f"xq{number + 1:04d}"


def title(dice: random.Random) -> str:
    """The title of a proposal."""
    return f"{dice.choice(PLACES)}的{dice.choice(THINGS)}{dice.choice(WISHES)}"


def proposal(dice: random.Random) -> str:
    """The text of a proposal, of two to four sentences."""
    said = [
        f"{dice.choice(PLACES)}那里，{dice.choice(REASONS)}。",
        f"建议把{dice.choice(THINGS)}{dice.choice(WISHES)}。",
    ]
    said += [dice.choice(ASKS) for _ in range(dice.randint(0, 2))]
    return "".join(said)


def comment(dice: random.Random) -> str:
    """A comment, of one to three sentences."""
    first = f"{dice.choice(OPENERS)}{dice.choice(PLACES)}{dice.choice(REASONS)}，{dice.choice(THINGS)}该{dice.choice(WISHES)}了。"
    return first + "".join(dice.choice(ASKS) for _ in range(dice.randint(0, 2)))
