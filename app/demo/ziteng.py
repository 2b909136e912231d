"""紫藤里's smaller projects: shade by the sandpit (topic) and a clothes line with a bench (budget)."""

from __future__ import annotations

from app.demo import steps
from app.demo.parts import CONSENT, Complaint, Idea, Meeting, Member, Reply, Said, concern
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story
from app.proposals import service as proposals


def sandpit(town: Town, method: str) -> Story:
    """儿童沙坑旁遮阴: in step one, its ideas still coming in."""
    stage = town.stage
    scene = Scene(town, "ziteng", town.people["小唐"])
    yield stage.at(-9, 10)
    scene.start(
        method,
        "儿童沙坑旁遮阴",
        "西门内的儿童沙坑",
        "沙坑一天晒到晚，滑梯烫得坐不下去，带孩子的人只好站到垃圾房的影子里。大家说说：怎么遮，遮哪里？",
        picture="sandpit",
        pin=(85, 470),
    )
    ids = yield from scene.ideas(
        "ideas",
        -8,
        -2,
        (
            Idea(
                "赵妈妈",
                "拉一块三角遮阳帆",
                "幼儿园门口就有，三根柱子拉一块布，风大的日子收起来。孩子们上午十点以后就能下来玩。",
                23,
                (88, 455),
                said=(
                    Said(
                        "郭爸爸",
                        "question",
                        "台风天谁来收？别又写“大家一起收”。",
                        (Reply("赵妈妈", "我收。我家一楼，出门就是。"),),
                    ),
                    Said("武先生", "concern", "柱子要做防撞的，我家那个跑起来不看路。"),
                ),
            ),
            Idea(
                "孟外婆",
                "种两棵大树，慢慢等",
                "帆布三年就烂。朴树五年就有荫头，我外孙五年后正好上小学，他弟弟接着用。",
                18,
                (70, 500),
                said=(Said("雷妈妈", "support", "树好。可是这五年呢？", (Reply("孟外婆", "这五年打伞，我给你打。"),)),),
            ),
            Idea("雷妈妈", "给沙坑加个盖，换一次沙", "猫也觉得沙坑好。先换沙加盖，再谈遮阴。", 15, (85, 470)),
            Idea("郭爸爸", "滑梯转个方向，背着太阳", "滑梯朝西，下午烫屁股。转一百八十度，一分钱不花。", 27, (95, 480)),
        ),
    )
    yield stage.at(-1, 15)
    scene.answer(
        ids[2],
        "later",
        "换沙不用等议题，物业这周就换；盖子请大家一起想做法，写在遮阴的方案里。",
    )
    draft = town.who("武先生")
    proposals.save_draft(
        draft, scene.activity("ideas"), proposals.Words("沙坑边上装一只水龙头", "孩子玩完沙子满手满脚，洗了再回家。")
    )


RACK_TITLE = "12号楼前晾衣架与长椅"
RACK_TEXT = """一、12号楼南侧草坪边装升降晾衣架两组，每组四杆，杆高不超过一楼窗台。
二、晾衣架之间放长椅三张，有扶手，方便老人起身。
三、晾晒时间：早七点到晚七点，过夜的衣服由轮值的人收到大堂筐里。
四、不占消防登高面，两棵石榴树不动。
五、概算6,860元，先筹到钱再动工。"""


def racks(town: Town, method: str) -> Story:
    """12号楼前晾衣架与长椅: in step five, with money still missing; one gate was waived."""
    stage = town.stage
    scene = Scene(town, "ziteng", town.people["小唐"], ("12",))
    yield stage.at(-100, 10)
    scene.start(
        method,
        RACK_TITLE,
        "12号楼南侧草坪边",
        "被子晾在石榴树上，树和被子都不高兴。12号楼的24户想商量一个晾得开、坐得下的办法。",
        picture="racks",
        pin=(725, 880),
    )
    yield from scene.topic(
        -99,
        -92,
        -89,
        (
            (
                Idea(
                    "史阿姨",
                    "装两组正规的晾衣架",
                    "冬天的被子、夏天的席子，家里阳台晾不开。",
                    13,
                    (710, 880),
                    said=(Said("蒋伯", "support", "我老伴的被子在石榴树上挂了十年，今年石榴结了两只，一只还是歪的。"),),
                ),
                "accepted",
                "大家的事，地方属全体业主，不在负面清单上。长椅合在一起做。",
            ),
            (
                Idea("陆老师", "晾衣架旁边放几张长椅", "下楼晾衣服要等位置，站着等不如坐着聊。", 9, (740, 890)),
                "later",
                "和晾衣架一起写进同一个方案。",
            ),
            (
                Idea("小刘", "干脆每家装烘干机", "不占地方，下雨也不怕。", 1, (725, 870)),
                "declined",
                "自己家里的事自己定，不是公共议题。",
            ),
        ),
        "草坪边属业主共用，物业书面同意；不占消防登高面。",
    )
    yield from steps.team(
        scene,
        -88,
        (
            Member("小唐", "lead", "主持"),
            Member("史阿姨（12号楼）", "residents", "召集"),
            Member("陆老师（12号楼）", "residents", "记账"),
            Member("蒋伯（12号楼）", "residents", "石榴树"),
            Member("钱经理（物业）", "support", "安装、养护"),
        ),
        title=RACK_TITLE,
        waive=(
            "rings_filled",
            "只有两组晾衣架和三张长椅，成品安装，24户自己商量得清；专业环暂缺，方案成稿前请苏工书面看一次安全，不另外占一个名额。",
        ),
        complaints=(
            Complaint(
                -83,
                "小刘",
                "小组里平均年龄六十八岁，我们租房的也晾衣服。",
                -81,
                "说得对。已经请您和503的小崔列席，每次商量都叫上；您愿意的话，下次换届就进名单。",
            ),
        ),
    )
    yield from steps.needs(
        scene,
        -76,
        by="史阿姨、陆老师",
        talk=(
            Said("梁阿姨", "concern", "杆子太高我够不到，上次踩凳子差点摔。"),
            Said(
                "小刘",
                "suggestion",
                "衣服收晚了请不要扔在地上，放筐里就好。",
                (Reply("史阿姨", "大堂放一只筐，写“等主人”。"),),
            ),
        ),
        hearing=Meeting(
            -68,
            "hearing",
            "12号楼大堂",
            13,
            "主体环11人（其中租户3人），引领环1人，协同环1人",
            "杆子要能升降；不挡一楼窗；不动石榴树；租户也有位置。",
            "两组升降晾衣架，三张有扶手的长椅；晾晒时间写明。",
            "一户担心有人把湿衣服滴在长椅上。",
            -66,
            ("史阿姨", "蒋伯", "小刘"),
        ),
    )
    yield from steps.plan(
        scene,
        -64,
        options=(
            Idea(
                "陆老师",
                "升降晾衣架两组，长椅三张",
                "成品，手摇升降，杆子降下来到胸口高。",
                11,
                (720, 880),
                6_860,
                "racks",
            ),
            Idea("蒋伯", "自己焊一组，省一半", "我焊了一辈子，就是眼睛有点花。", 4, (720, 880), 3_200, "bench"),
        ),
        talk=(
            Said(
                "史阿姨",
                "question",
                "自己焊的谁验收？",
                (
                    Reply("苏工", "受力的东西买成品，有合格证。蒋伯请帮忙看安装。", answer=True),
                    Reply("蒋伯", "行。我眼睛花，耳朵不花，螺丝没拧紧我听得出来。"),
                ),
            ),
        ),
        title=RACK_TITLE,
        text=RACK_TEXT,
        n=17,
        named={"史阿姨": CONSENT, "蒋伯": CONSENT, "陆老师": CONSENT, "小刘": concern("夜里的筐请放在有监控的地方。")},
        worries=("长椅请做防滴水的隔板。",),
        meeting=Meeting(
            0,
            "coordination",
            "12号楼大堂",
            12,
            "主体环10人，引领环1人，专业环1人",
            "成品和自己焊比了半个钟头。史阿姨只问一句：杆子掉下来砸到谁？蒋伯想了想，说那买成品。",
            "用成品；蒋伯监工；晾衣架离石榴树一米二。",
            "蒋伯：自己焊的肯定比买的结实，请记下来。",
            0,
            ("史阿姨", "蒋伯", "陆老师"),
        ),
    )
    yield from steps.money(
        scene,
        -30,
        (
            ("升降晾衣架两组，含安装", 4_480, "两家报价取低"),
            ("有扶手的长椅三张", 1_980, "网上比价"),
            ("地面硬化两处", 400, "物业报价"),
        ),
        (
            ("self_raised", "17户自筹，每户50元到300元", 2_860, "received"),
            ("donation", "4号楼武先生，搬家多出来的木料折价", 400, "received"),
            ("grant", "镇里的社区微更新补贴", 2_000, "asked"),
        ),
        (("草坪边硬化两处，共3平方米", "given", "物业和业主委员会", "同意函一份"),),
    )
    yield from scene.talk(
        "money_talk",
        -27,
        -8,
        (
            Said(
                "梁阿姨",
                "question",
                "补贴批不下来怎么办？",
                (Reply("小唐", "那就先装一组、放两张长椅，够不够大家再定。批复这个月会有消息。", answer=True),),
            ),
            Said("蒋伯", "support", "还差一千六，我那两只石榴可以拍卖，起拍价八百一只。"),
            Said("小刘", "suggestion", "歪的那只我出五十。"),
        ),
    )
    yield stage.at(-3, 10)
    scene.enter(
        "money",
        "sources",
        kind="crowdfunded",
        amount=52_000,
        state="promised",
        **{"from": "11、12号楼微信接龙，登记了26人次"},
    )
