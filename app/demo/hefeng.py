"""和风新村: a bicycle shed (step two), an open space (step three), and a landing by the river that rests."""

from __future__ import annotations

from app.comments import service as comments
from app.demo import meetings, steps
from app.demo.parts import Complaint, Idea, Meeting, Member, Reply, Said
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story
from app.projects import service as projects


def shed(town: Town, method: str) -> Story:
    """北门非机动车棚: in step two, its notice hanging, a complaint not answered yet."""
    stage = town.stage
    scene = Scene(town, "hefeng", town.people["贺站长"])
    title = "北门非机动车棚"
    yield stage.at(-34, 10)
    scene.start(
        method,
        title,
        "北门内侧，沿河围墙下",
        "北门里外停着三百多辆电瓶车，充电线从二楼窗口挂下来。车要有地方停，电要有地方充，路要走得过婴儿车。",
        picture="shed",
        pin=(520, 130),
    )
    yield from scene.topic(
        -33,
        -24,
        -21,
        (
            (
                Idea(
                    "王师傅",
                    "北门沿围墙搭车棚，带充电",
                    "飞线充电，楼下睡得着吗？棚里装桩，刷卡，充满自停。",
                    34,
                    (520, 130),
                    said=(Said("吕师傅", "support", "我住一楼，窗口一排充电线，像门帘。"),),
                ),
                "accepted",
                "大家的事，地方归业主共用。充电设施要过消防，请镇里条线一起看。",
            ),
            (
                Idea(
                    "杜小姐",
                    "北门留一条两米宽的人行道",
                    "推车、轮椅、买菜车都从车缝里钻。先划线，车棚里不占。",
                    29,
                    (530, 120),
                ),
                "later",
                "写进需求，方案里一条一条对。",
            ),
            (
                Idea("周大爷", "河边围墙拆一段，车停到河边去", "河边空着也是空着。", 4, (560, 90)),
                "declined",
                "河道蓝线以内不能搭建停车，在负面清单上。",
            ),
        ),
        "围墙内侧属业主共用；充电桩要过消防；河道蓝线以外，不在负面清单上。",
    )
    yield from scene.talk(
        "nominations",
        -20,
        -9,
        (
            Said(
                "林阿姨",
                "suggestion",
                "推荐王师傅，他修车修了二十年，全小区的车都认得他。",
                (
                    Reply("周大爷", "修车的人管车棚，先说好不许收停车费。"),
                    Reply("王师傅", "不收。补胎要收，八块。"),
                ),
            ),
            Said(
                "唐小姐",
                "question",
                "外卖员也在这里停，要不要请一位？",
                (Reply("贺站长", "要。协同环里留一个位置，请站点推荐。", answer=True),),
            ),
            Said("张老师", "suggestion", "请一位懂消防的。电瓶车的事，热心不够用。"),
        ),
    )
    members = (
        Member("贺站长", "lead", "主持"),
        Member("王师傅（1号楼）", "residents", "召集人", "在北门口修车，车棚建成后摊位照旧、不进棚，位置的讨论他回避"),
        Member("杜小姐（30号楼）", "residents", "人行道和无障碍"),
        Member("吕师傅（30号楼）", "residents", "底楼住户的代表"),
        Member("苏工", "experts", "规划和消防间距"),
        Member("罗科", "support", "手续"),
        Member("小马（外卖站点）", "support", "骑手的代表"),
    )
    yield stage.at(-5, 16)
    scene.roster("roster", members, steps.RULES)
    yield from scene.notice(
        "roster_notice",
        -3,
        steps.roster_paper(title, members),
        (
            Complaint(
                -2,
                "周大爷",
                "王师傅的修车摊就在北门口，他来定车棚放哪里，这个回避怎么个回避法？",
                -2,
                "名单上写明：位置的讨论和表决他都不参加，只在充电和地面做法上出主意。您不放心，开会那天请来旁听。",
            ),
            Complaint(
                -1,
                "贺站长",
                "三十幢楼，小组里只有1号楼和30号楼的人，中间二十八幢谁代表？",
                on_paper_by="17号楼住户，纸条投在议事箱",
            ),
        ),
    )


def space(town: Town, method: str) -> Story:
    """14号楼前空地: in step three, half reached, a lively talk in which one comment was hidden."""
    stage = town.stage
    scene = Scene(town, "hefeng", town.people["贺站长"], ("13", "14", "15"))
    title = "14号楼前空地，晒太阳还是停车"
    yield stage.at(-58, 10)
    scene.start(
        method,
        title,
        "13、14、15号楼之间的空地",
        "拆掉老锅炉房，空出四百平方米。停车可以停二十二部；做成院子，三幢楼一百八十户都坐得下。两边都有道理，先把道理说完。",
        picture="open",
        pin=(430, 560),
    )
    yield from scene.topic(
        -57,
        -49,
        -45,
        (
            (
                Idea(
                    "张老师",
                    "空地怎么用，三幢楼一起商量",
                    "有人要停车，有人要晒太阳。别先画线，先商量。",
                    26,
                    (430, 560),
                ),
                "accepted",
                "先有议题，后有方案。停车和院子都放进需求里比。",
            ),
            (
                Idea("姚师傅", "划二十二个车位", "晚上九点回家，绕三圈停到河对面。我交的也是物业费。", 17, (440, 570)),
                "later",
                "作为一种方案，和其他方案一起比。",
            ),
            (
                Idea("韦妈妈", "铺草坪，装两只秋千", "三幢楼六十几个孩子，最近的秋千在两站路外。", 21, (420, 550)),
                "later",
                "作为一种方案，和其他方案一起比。",
            ),
        ),
        "空地属13至15号楼一侧业主共用，锅炉房拆除手续齐全；不在负面清单上。",
    )
    yield from steps.team(
        scene,
        -44,
        (
            Member("贺站长", "lead", "主持"),
            Member("张老师（14号楼）", "residents", "召集人"),
            Member("姚师傅（14号楼）", "residents", "要停车的人的代表", "家里有一部车，申报在先"),
            Member("韦妈妈（14号楼）", "residents", "有孩子的人的代表"),
            Member("林阿姨（13号楼）", "residents", "晒太阳的人的代表"),
            Member("苏工", "experts", "规划师"),
        ),
        title=title,
    )
    yield stage.at(-31, 9)
    scene.outreach("outreach", (("13", 19, 8, 11, 9, "林阿姨"), ("14", 22, 6, 9, 8, "张老师、韦妈妈")))
    yield from scene.talk(
        "voices",
        -30,
        -16,
        (
            Said(
                "姚师傅",
                "concern",
                "白天空，晚上满。能不能白天是院子，晚上是车位？",
                (
                    Reply("苏工", "别的地方有做错时的，地面和划线要一起设计。列进需求。", answer=True),
                    Reply("韦妈妈", "晚上孩子不荡秋千，车倒是可以荡。"),
                ),
            ),
            Said(
                "林阿姨",
                "support",
                "我要太阳。八十二岁的人，一天有一个钟头太阳就够了，十点到十一点，别的钟头都给你们。",
            ),
            Said(
                "唐小姐",
                "suggestion",
                "算一笔账：二十二个车位，一百八十户里有车的九十四户，抽签抽到也还有七十二户没有。车位解决不了停车，院子倒真能坐下。",
            ),
            Said(
                "周大爷",
                "question",
                "以前锅炉房的烟囱底座还在地下吗？",
                (Reply("贺站长", "在，深一米二。物业的图已经贴在议事角。", answer=True),),
            ),
        ),
    )
    yield stage.at(-15, 20)
    rude = scene.say(
        "voices", Said("周大爷", "concern", "有车的人都是自私鬼，14号楼三楼那一家尤其是，大家都晓得我说的是谁。")
    )
    stage.pause(55)
    comments.report(town.who("韦妈妈"), rude, "骂邻居，还指到楼层，这样以后没人敢说话了。")
    yield stage.at(-14, 9)
    comments.hide(
        scene.lead,
        rude,
        "只说事，不说人：这条指着一户人家骂，按议事规则隐去。停车占道的意见请换一种说法再写，同样算数。",
    )
    stage.pause(240)
    scene.say(
        "voices",
        Said(
            "周大爷",
            "concern",
            "我昨天话说重了。事情是：晚上有车压在消防通道上，上个月救护车进不来。",
            (
                Reply("姚师傅", "那天压线的是我，认。以后停河对面。"),
                Reply("周大爷", "我也认。改天下盘棋。"),
            ),
        ),
    )
    yield from scene.meeting(
        "walk",
        Meeting(
            -12,
            "walk",
            "空地，上午十点和晚上九点各一次",
            17,
            "主体环14人，引领环1人，专业环1人，协同环1人",
            "上午十点，太阳照到三分之二，坐了九位老人；晚上九点，停了十一部车，两部压住消防通道。",
            "苏工按“白天院子、晚上错时”画一张草图；姚师傅数一周的车；韦妈妈数一周的孩子。",
            "",
            -10,
            ("张老师", "姚师傅", "林阿姨"),
        ),
    )
    yield from scene.talk(
        "voices",
        -8,
        -1,
        (
            Said(
                "姚师傅",
                "support",
                "数完了：晚上平均十三部，其中四部根本不是我们三幢楼的。这个数字对停车这一边不利，我也贴出来。",
            ),
            Said("韦妈妈", "support", "孩子平均三十一个，下雨天两个，穿雨鞋。"),
            Said(
                "张老师",
                "suggestion",
                f"听证会定在{stage.say_date(4)}晚上七点，14号楼底层会客厅，15号楼还没走访到的邻居，我这两天上门。",
            ),
        ),
    )
    yield stage.at(-1, 19, 30)
    meetings.call(scene, "hearing", 4, "hearing", "14号楼底层会客厅", "空地的听证会：停车和晒太阳，都来说")


def landing(town: Town, method: str) -> Story:
    """河边小码头: paused in step two, until the flood wall is built."""
    stage = town.stage
    scene = Scene(town, "hefeng", town.people["贺站长"])
    yield stage.at(-110, 10)
    scene.start(
        method,
        "河边小码头看水平台",
        "北门外，北泾河边",
        "老和风人记得河边有个小码头，运过西瓜。想留一小块木平台，看看水。",
        picture="before.svg",
        pin=(700, 60),
    )
    yield from scene.topic(
        -109,
        -100,
        -97,
        (
            (
                Idea("周大爷", "老码头的位置做个看水平台", "我在这里上的岸，五八年，坐西瓜船来的。", 19, (700, 60)),
                "accepted",
                "地方在河道管理范围内，先和河道管理部门对接，能做多少做多少。",
            ),
            (
                Idea("杜小姐", "平台边上放救生圈和护栏", "好看在后，不掉下去在前。", 15, (705, 66)),
                "later",
                "写进需求，和平台一起设计。",
            ),
        ),
        "河道管理范围内，属公共水域岸线，须经河道管理部门同意；不在负面清单上。",
    )
    yield from scene.talk(
        "nominations", -96, -90, (Said("吕师傅", "suggestion", "请一位懂水的。我推荐河道站退休的老赵。"),)
    )
    yield stage.at(-80, 10)
    projects.pause(
        scene.lead,
        scene.project,
        "河道管理部门通知：北泾河这一段要做防汛墙，工期约一年，期间岸线封闭。项目先停在这里，已有的提议都保留，防汛墙完工后接着商量。",
    )
