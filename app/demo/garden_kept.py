"""空中花园, steps five to seven: the money, the works, and the convention by which it is kept."""

from __future__ import annotations

from app.demo.parts import CONSENT, Reply, Said, concern
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story

COSTS = (
    ("伸缩缝防水重做和蓄水试验", 8_600, "两家报价取低，含两年保修"),
    ("坡道1:12，双层扶手", 11_800, "三家报价取中，苏工审过做法"),
    ("紫藤廊架材料，长12米", 7_900, "木料市场报价，人工自己出"),
    ("木箱34只的五金、轮子、接水盘", 4_200, "网上比价，程老师附截图"),
    ("种植土和苗木", 3_300, "苗圃报价"),
    ("盆景园台架", 1_900, "周师傅和陶叔估算"),
    ("雨水桶、总水表和水龙头", 1_500, "物业报价"),
    ("植物牌和安全提示牌", 400, "文印店报价"),
    ("机动", 1_600, "总数的百分之四，用不完退回"),
)
SOURCES = (
    ("grant", "镇里的社区微更新补贴", 20_000, "received"),
    ("self_raised", "98户自愿自筹，每户20元到500元，名单贴在大堂", 12_740, "received"),
    ("crowdfunded", "微信接龙“一元钱一勺土”，217人次", 3_160, "received"),
    ("donation", "8号楼蔡姐", 2_000, "received"),
    ("donation", "苗圃老板捐苗，按进价折算", 1_300, "received"),
    ("donation", "七户捐旧木料和工具，折价", 2_000, "received"),
)
WORKS = (
    ("伸缩缝防水，48小时蓄水试验", -106, -104, "防水队，物业监看", "姜女士全程在场，签字；邓师傅"),
    ("坡道1:12和扶手", -98, -95, "施工队", "郑阿婆自己转轮椅上下两趟；小吴推车试过"),
    ("紫藤廊架", -88, -84, "居民出工21人，周师傅带队", "石阿姨、许师傅"),
    ("木箱34只，搬箱、填土、下苗", -78, -76, "居民出工46人，孩子9人", "魏爸爸、白药师"),
    ("盆景园、香草园、雨水桶、牌子", -70, -69, "陶叔、白药师、邓师傅", "贺伯（自己要求写上）"),
)
ARTICLES = (
    ("认领", "木箱和香草格一年一认领，一户一格，抽签定位置。三个月没人管的，由轮值小组转给排队的下一户。"),
    ("浇水", "先用雨水，旱天才用水龙头。浇完把接水盘倒干净，一滴不留给楼下，一只不留给蚊子。"),
    ("安静", "晚九点到早八点、中午十二点到两点不聚集、不放音响。跳操在东头，七点五十五分以前只做热身。"),
    ("盆景", "盆景可以看，可以问，不许摸树皮。陶叔每月第一个周六开课，孩子优先。"),
    ("香草", "能吃的牌子是绿的，只能闻的牌子是红的。一次摘一小把，够泡一壶茶就好。"),
    ("动物", "猫可以睡在廊架下，不可以睡在木箱里。喂食在8号楼北侧固定点。"),
    ("钱", "捐款和开销每月公布，由程老师和一位租户代表一起签字。"),
    ("退出", "搬走的人把格子交回来，带走一盆薄荷。"),
)
CONVENTION = "空中花园居民公约\n" + "\n".join(
    f"第{number}条（{title}）{text}" for number, (title, text) in zip("一二三四五六七八", ARTICLES, strict=True)
)
STEWARDS = (
    ("张阿姨", "紫藤廊架，修剪和扫花", "每天早上八点以后"),
    ("小林", "木箱认领和排队名单", "每月第一个周日"),
    ("白药师", "香草园和植物牌", "每周三、周六"),
    ("陶叔", "盆景园", "每天"),
    ("邓师傅", "雨水桶、水表、地漏", "雨后一天内"),
    ("姜女士", "看漏水：家里天花板每月拍一张照", "每月15日"),
    ("程老师、小朱", "账目", "每月最后一天"),
    ("郑小姐", "坡道和扶手", "每季度"),
)


def keep(town: Town, scene: Scene) -> Story:
    """Money, works, convention, and the last record."""
    yield from _money(town, scene)
    yield from _works(town, scene)
    yield from _convention(town, scene)


def _money(town: Town, scene: Scene) -> Story:
    stage = town.stage
    yield stage.at(-126, 14)
    for what, yuan, basis in COSTS:
        scene.enter("money", "costs", what=what, amount=yuan * 100, basis=basis)
    for kind, whom, yuan, state in SOURCES:
        asked = "asked" if kind == "grant" else state
        entry = scene.enter("money", "sources", kind=kind, amount=yuan * 100, state=asked, **{"from": whom})
        if asked != state:
            grant = entry
    yield from scene.talk(
        "money_talk",
        -124,
        -119,
        (
            Said(
                "雷老伯",
                "question",
                "机动一千六，机动给谁？",
                (Reply("程老师", "机动给意外。没有意外就退，退到哪一笔也写在大堂。您来数也行。", True),),
            ),
            Said(
                "小朱",
                "question",
                "租户捐了二十元，搬走以后退吗？",
                (Reply("陈老师", "捐款不退。但是您种的那格薄荷可以挖走。", True),),
            ),
            Said("蔡姐", "support", "面馆出两千，不要写店名，写“8号楼蔡姐”就行。写店名就变成广告了。"),
            Said("周师傅", "suggestion", "我儿子店里的材料不用看了，我自己都没去问价。"),
        ),
    )
    yield stage.at(-117, 10)
    kind, whom, yuan, state = SOURCES[0]
    scene.correct(grant, kind=kind, amount=yuan * 100, state=state, **{"from": whom})
    for what, state, authority, number, day in (
        ("屋面上增加种植和廊架，荷载复核", "given", "原设计单位出具的复核意见", "复核意见一份，苏工转来", -128),
        ("占用共用部位", "given", "业主委员会书面同意", "业委会第14号回函", -150),
        (
            "廊架要不要办规划手续",
            "not_needed",
            "镇城建条线，罗科",
            "四周敞开、不封顶、可拆，高度2.4米，按小品登记",
            -121,
        ),
    ):
        scene.enter(
            "permits",
            "permits",
            what=what,
            state=state,
            authority=authority,
            number=number,
            day=stage.date(day),
        )
    scene.sign_off(
        "price_reviewed", "11号楼做过工程预算的赵师傅审过报价，他不参与施工；坡道砍下来七百元，防水一分没砍。"
    )
    yield stage.at(-114, 10)
    scene.close()


def _works(town: Town, scene: Scene) -> Story:
    stage = town.stage
    yield stage.at(-113, 9)
    entries = [
        scene.enter("milestones", "milestones", what=what, due=stage.date(due), done="", by=by, seen_by="")
        for what, due, _, by, _ in WORKS
    ]
    yield stage.at(-112, 12)
    scene.say(
        "site_talk",
        Said(
            "姜女士",
            "question",
            "蓄水试验哪天几点开始？我请假。",
            (
                Reply(
                    "陈老师",
                    f"{stage.say_date(-106)}早上九点开始，到{stage.say_date(-104)}早上九点。物业在您家客厅放一张凳子，您坐着看。",
                    True,
                ),
                Reply("姜女士", "凳子不用，我有沙发。"),
            ),
        ),
    )
    for (what, due, done, by, seen), entry in zip(WORKS, entries, strict=True):
        yield stage.at(done, 18)
        scene.correct(entry, what=what, due=stage.date(due), done=stage.date(done), by=by, seen_by=seen)
    yield stage.at(-68, 9)
    scene.enter(
        "milestones",
        "changes",
        what="廊架立柱由四根改为六根，位置都落在梁上",
        why="苏工现场看过，六根更稳，每根更细，不打穿防水层，用配重底座。费用在机动里，用了四百元。",
        material="no",
    )
    yield from scene.talk(
        "site_talk",
        -67,
        -64,
        (
            Said("许师傅", "support", "锯木头的那两个礼拜，周师傅每天等我睡醒了发消息才开锯。谢谢。"),
            Said(
                "贺伯",
                "concern",
                "雨水桶上的龙头是反的，拧紧变成放水。",
                (
                    Reply("邓师傅", "已经换了。您怎么发现的？"),
                    Reply("贺伯", "鞋湿了。"),
                ),
            ),
            Said("魏爸爸", "support", "萝卜出了两片叶子，孩子每天去看三回，数学没有这么用功过。"),
        ),
    )
    yield stage.at(-63, 16)
    for name, result, remarks in (
        ("姜女士", "accepted", "蓄水48小时，天花板干的。住了三年第一次。"),
        ("郑阿婆", "accepted", "自己上来的。"),
        ("许师傅", "mended", "5号楼一侧的轮子有响声，周师傅当场上了油。"),
        ("程老师", "accepted", "实际支出40,020元，余1,180元，退入养护。"),
        ("雷老伯", "accepted", "坡道是好的。花我保留意见。"),
    ):
        scene.enter("acceptance", "acceptances", name=name, day=stage.date(-63), result=result, remarks=remarks)
    yield stage.at(-61, 10)
    scene.close()


def _convention(town: Town, scene: Scene) -> Story:
    stage = town.stage
    yield stage.at(-59, 15)
    for title, text in ARTICLES:
        scene.enter("convention", "articles", title=title, text=text)
    yield from scene.talk(
        "convention_talk",
        -58,
        -52,
        (
            Said(
                "小林",
                "suggestion",
                "第六条请写明猫的权利，不要只写义务。",
                (Reply("石阿姨", "猫有睡觉的权利，已经写了。"),),
            ),
            Said(
                "宋大姐",
                "question",
                "七点五十五分以前只做热身，热身可以放音乐吗？",
                (
                    Reply("陈老师", "不放。心里放。", True),
                    Reply("宋大姐", "……行吧，十二个人心里放同一首。"),
                ),
            ),
            Said("丁阿姨", "suggestion", "“带走一盆薄荷”这一条真好，搬走的孩子们有个念想。"),
            Said("贺伯", "support", "通篇看下来，找不到反对的地方。年纪大了。"),
        ),
    )
    yield stage.at(-51, 8, 30)
    poll = scene.announce("convention_vote", "空中花园居民公约", CONVENTION, -49, -42)
    named = {
        **dict.fromkeys(("张阿姨", "小林", "白药师", "陶叔", "郑小姐", "许师傅", "贺伯", "程老师", "宋大姐"), CONSENT),
        "姜女士": concern("接水盘这一条，请头三个月每周有人检查，不要只靠自觉。"),
        "雷老伯": concern("蚊子季节请提前放药。"),
    }
    given = scene.ballots_of(
        97, "convention", named, ("抽签请当众抽。", "香草园的绿牌红牌，色弱的人看不清，请加上字。"), 4
    )
    yield from scene.cast(poll, -49, -43, given)
    yield from scene.settle(-42)
    yield stage.at(-40, 10)
    for name, duty, when in STEWARDS:
        scene.enter("stewards", "stewards", name=name, duty=duty, when=when, contact="")
    scene.enter(
        "review",
        "reviews",
        day=stage.date(18),
        place="空中花园廊架下，下雨改在议事角",
        about="住满一季：漏不漏、吵不吵、账目、排队名单，和要不要做二期。",
    )
    yield stage.at(-38, 10)
    scene.adopt("convention_vote", scene.lead.name, "公约贴在平台入口。\n接水盘头三个月每周检查。", 140)
    scene.close()
