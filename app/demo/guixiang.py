"""桂香苑: stone tables under the osmanthus tree (step seven), and a lift for building 3 (the second method)."""

from __future__ import annotations

from app.demo import lift_votes, steps
from app.demo.parts import CONSENT, Idea, Meeting, Member, Reply, Said, concern
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story

TITLE = "桂花树下的石桌石凳"
TEXT = """一、院子中间三棵老桂花树下，放石桌两张、石凳八只，一张刻棋盘，一张不刻。
二、树根周围1.5米不动土，铺透水的碎石。
三、棋友和聊天的人各用一张；午后一点到两点半不下棋。
四、概算9,300元，居民自筹加一份补贴。"""
ARTICLES = (
    ("座位", "先来先坐，老人先坐，输的人先让座。"),
    ("声音", "落子可以响，争论不可以响。午后一点到两点半让大家睡觉。"),
    ("桂花", "桂花可以捡，不可以摇。一户一年一小罐，留一些给树底下的人闻。"),
    ("打扫", "最后走的一桌收拾，瓜子壳带走。"),
    ("树", "树根上不堆东西、不钉钉子、不拴狗。"),
)


def tables(town: Town, method: str) -> Story:
    """桂花树下: in step seven, the vote on its convention announced and about to open."""
    stage = town.stage
    scene = Scene(town, "guixiang", town.people["顾老师"])
    yield stage.at(-165, 10)
    scene.start(
        method,
        TITLE,
        "院子中间，三棵桂花树下",
        "四十年的桂花树，底下只有一只破沙发。六十户人家想要一个坐下来说话的地方，又怕坐下来的人说得太响。",
        picture="tables",
        pin=(500, 520),
    )
    yield from scene.topic(
        -164,
        -157,
        -153,
        (
            (
                Idea("金老师", "树下放石桌石凳", "下棋的人蹲在花坛边下了十年，膝盖先输了。", 19, (500, 520)),
                "accepted",
                "大家的事，地方归业主共用，不在负面清单上。",
            ),
            (
                Idea("贺阿姨", "先把那只破沙发搬走", "沙发里住着老鼠，比我搬来得早。", 24, (490, 530)),
                "later",
                "不用等议题，物业明天就来搬。",
            ),
            (
                Idea("小龙", "树上挂一圈灯串", "好看，拍照的人会来。", 5, (500, 510)),
                "declined",
                "老树上不钉不挂，园林上有规定；灯可以立在旁边，方案里再议。",
            ),
        ),
        "院子属全体业主共用；老桂花树在绿化台账上，树根保护请苏工看过。",
    )
    yield from steps.team(
        scene,
        -152,
        (
            Member("顾老师", "lead", "主持"),
            Member("金老师（5号楼）", "residents", "召集，棋友"),
            Member("贺阿姨（1号楼）", "residents", "不下棋的人的代表"),
            Member("何爷爷（4号楼）", "residents", "四十年前种树的人"),
            Member("苏工", "experts", "树根保护、做法"),
            Member("罗科", "support", "镇里联系"),
        ),
        title=TITLE,
        talk=(Said("任师傅", "suggestion", "推荐何爷爷。树是他挖的坑，石凳放哪里，树听他的。"),),
    )
    yield from steps.needs(
        scene,
        -140,
        by="金老师、贺阿姨",
        talk=(
            Said(
                "贺阿姨",
                "concern",
                "我家窗口正对桂花树。下棋我不反对，“将！”这一个字请免了。",
                (Reply("金老师", "以后改成轻轻放下去，让他自己看出来。"),),
            ),
            Said("何爷爷", "concern", "树根往东长得多，桌子放西边。我在，树在。"),
        ),
        hearing=Meeting(
            -131,
            "hearing",
            "桂花树下",
            22,
            "主体环19人，引领环1人，专业环1人，协同环1人",
            "要能坐、能下棋、能剥毛豆；午睡时间不出声；树根不动。",
            "两张桌子，一张棋盘一张不刻；树根1.5米内不动土。",
            "两户担心夜里有人喝酒。",
            -129,
            ("金老师", "贺阿姨", "何爷爷"),
        ),
    )
    yield from steps.plan(
        scene,
        -127,
        options=(
            Idea(
                "苏工",
                "石桌两张、石凳八只，碎石地",
                "不浇混凝土，搬得走，雨水进得去。",
                21,
                (490, 530),
                9_300,
                "tables",
            ),
            Idea("任师傅", "木长椅四条", "坐着暖和，三年刷一次漆。", 8, (500, 540), 4_400, "bench"),
        ),
        talk=(
            Said(
                "小龙", "suggestion", "石凳冬天冰，大堂放一只筐，放坐垫。", (Reply("贺阿姨", "坐垫我来缝，布头我有。"),)
            ),
        ),
        title=TITLE,
        text=TEXT,
        n=36,
        named={**dict.fromkeys(("金老师", "何爷爷", "任师傅"), CONSENT), "贺阿姨": concern("“将”字的事写进公约。")},
        worries=("夜里十点以后请散。",),
        meeting=Meeting(
            0,
            "coordination",
            "桂花树下，自带板凳",
            16,
            "主体环13人，引领环1人，专业环1人，协同环1人",
            "石桌还是木椅：木椅暖和，石桌耐用；棋友要棋盘，不下棋的人怕吵。定下一张刻、一张不刻。何爷爷用粉笔在地上画了树根的范围，桌子都放在粉笔线外面。",
            "按石桌方案写正文；坐垫由贺阿姨缝。",
            "任师傅：木椅冬天好坐，请三年以后再想一想。",
            0,
            ("金老师", "贺阿姨", "何爷爷"),
        ),
        abstain=2,
    )
    yield from steps.money(
        scene,
        -97,
        (
            ("石桌石凳，含运输", 6_900, "石材店两家报价取低"),
            ("透水碎石和收边", 1_900, "估算，居民自己铺"),
            ("机动", 500, "约百分之五"),
        ),
        (
            ("grant", "镇里的社区微更新补贴", 5_000, "received"),
            ("self_raised", "38户自筹", 3_300, "received"),
            ("donation", "何爷爷和三位老邻居", 1_000, "received"),
        ),
        (("老树下施工", "given", "镇绿化管理条线", "现场查勘意见一份"),),
    )
    yield from steps.close_budget(scene, -90, "请2号楼退休的预算员看过，石凳单价合理，他不参与采购。")
    yield stage.at(-88, 9)
    for what, due, done, by, seen in (
        ("铺碎石，手工挖，避开树根", -74, -75, "居民出工17人", "何爷爷全程看着"),
        ("石桌石凳到位", -60, -58, "石材店、小龙开的平板车", "金老师、贺阿姨"),
    ):
        yield stage.at(done, 17)
        scene.enter(
            "milestones", "milestones", what=what, due=stage.date(due), done=stage.date(done), by=by, seen_by=seen
        )
    yield stage.at(-50, 16)
    for name, remarks in (("金老师", "棋盘刻得正。"), ("何爷爷", "树没事。"), ("贺阿姨", "坐得下，也听不见。")):
        scene.enter("acceptance", "acceptances", name=name, day=stage.date(-50), result="accepted", remarks=remarks)
    yield stage.at(-45, 10)
    scene.close()
    yield stage.at(-30, 15)
    for title, text in ARTICLES:
        scene.enter("convention", "articles", title=title, text=text)
    yield from scene.talk(
        "convention_talk",
        -28,
        -6,
        (
            Said(
                "贺阿姨",
                "suggestion",
                "“落子可以响，争论不可以响”，这一句我要求刻在石桌上。",
                (Reply("金老师", "刻在您那张不刻棋盘的桌子上。"),),
            ),
            Said("任师傅", "question", "一小罐是多小？", (Reply("何爷爷", "喝茶的罐子，不是腌菜的。", answer=True),)),
            Said("小龙", "concern", "租户也有一小罐吗？", (Reply("顾老师", "一户一罐，您也是一户。", answer=True),)),
        ),
    )
    yield stage.at(-5, 10)
    scene.enter("stewards", "stewards", name="何爷爷", duty="看树", when="每天", contact="")
    yield stage.at(-1, 8, 30)
    articles = "\n".join(f"第{n}条（{title}）{text}" for n, (title, text) in zip("一二三四五", ARTICLES, strict=True))
    scene.announce("convention_vote", "桂花树下的公约", articles, 1, 8)


def lift(town: Town, method: str) -> Story:
    """3号楼加装电梯: the second method, at its third step of six."""
    stage = town.stage
    scene = Scene(town, "guixiang", town.people["顾老师"], ("3",))
    yield stage.at(-95, 10)
    scene.start(
        method,
        "3号楼加装电梯",
        "3号楼门洞，北侧",
        "六层楼十二户，四楼以上有七位七十岁以上的老人。陈伯去年换了膝盖，下楼要二十分钟。先看能不能装，再一户一户问。",
        picture="lift",
        pin=(265, 570),
    )
    yield stage.at(-93, 16)
    scene.roster(
        "mentors",
        (
            Member("顾老师", "lead", "牵头，一户一户上门"),
            Member("陈伯（402室）", "residents", "召集人"),
            Member("卢老师（602室）", "residents", "记账", "住六楼，装了电梯得益最多，分摊比例的讨论不由她主持"),
            Member("卢师傅（102室）", "residents", "底楼的代表"),
            Member("苏工", "experts", "社会组织的加梯顾问"),
            Member("罗科", "support", "职能部门的加梯顾问"),
        ),
    )
    yield from scene.minutes(
        "site_visit",
        Meeting(
            -90,
            "walk",
            "3号楼门洞和北侧绿地",
            9,
            "主体环6人，专业环1人，协同环1人，引领环1人",
            "北侧离门前路6.2米，装得下；燃气管要移1.5米；底楼两户的厨房窗离井道2.8米。",
            "苏工出采光和噪声的估算，请底楼两户先看。",
            "",
            -88,
            ("陈伯", "卢师傅", "薛阿婆"),
        ),
    )
    yield stage.at(-85, 10)
    scene.sign_off("feasible", "结构工程师到场，出了书面意见：砖混结构可以装，燃气管先移位，消防通道不受影响。")
    scene.close()
    yield stage.at(-83, 10)
    scene.outreach("visits", (("3", 6, 2, 3, 7, "顾老师、陈伯"),))
    yield from scene.talk(
        "talk",
        -82,
        -74,
        (
            Said("陈伯", "support", "我下一次楼要歇三回。三楼丁先生家门口那只板凳，就是给我放的，谢谢他。"),
            Said(
                "薛阿婆",
                "concern",
                "我住底楼，一辈子用不着电梯。井道一竖，厨房要不要白天开灯？",
                (
                    Reply(
                        "苏工",
                        "井道用玻璃，往外挪40厘米。估算下来，您厨房冬至那天还有两小时十分钟太阳。估算书打印两份，给您一份。",
                        answer=True,
                    ),
                    Reply("薛阿婆", "纸我看不懂，等冬至那天你来我家坐着看。"),
                ),
            ),
            Said(
                "卢师傅",
                "concern",
                "机器的声音，半夜。请先找一部装好的，带我去听一夜。",
                (Reply("顾老师", "隔壁小区那部，已经说好了，您去听，我陪。", answer=True),),
            ),
            Said(
                "小严",
                "question",
                "租户有票吗？房东在外地。",
                (
                    Reply(
                        "顾老师", "这是一户一票的意愿征询，您这一户由您和房东商量着投一票。签约要产权人。", answer=True
                    ),
                ),
            ),
        ),
    )
    yield stage.at(-72, 8, 30)
    poll = scene.announce("survey_vote", "3号楼加装电梯意愿征询", LIFT_TEXT, -70, -56)
    named = {
        **dict.fromkeys(("陈伯", "卢老师", "小严", "刘阿姨", "丁先生"), {"stance": "yes"}),
        "薛阿婆": {"stance": "no"},
        "卢师傅": {"stance": "abstain"},
    }
    yield from lift_votes.survey(town, scene, poll, scene.ballots_of(11, "lift", named, yes="yes"))
    yield stage.at(-53, 10)
    scene.adopt("survey_vote", scene.lead.name, "请设计单位出图，逐户谈分摊，签协议。", 120)
    scene.close()
    yield stage.at(-50, 14)
    for what, yuan, basis in (
        ("电梯和井道", 468_000, "两家电梯公司报价取低"),
        ("燃气管移位", 26_000, "燃气公司报价"),
        ("底楼两户厨房加窗、隔声", 18_000, "施工队报价，写进协议"),
        ("设计、监理", 38_000, "合同草案"),
    ):
        scene.enter("shares", "costs", what=what, amount=yuan * 100, basis=basis)
    for source, whom, yuan, state in (
        ("grant", "加装电梯的市、区补贴", 280_000, "promised"),
        ("self_raised", "6楼两户，各5.8万元", 116_000, "promised"),
        ("self_raised", "5楼两户，各4.5万元", 90_000, "promised"),
        ("self_raised", "4楼两户，各2.2万元，401室房东还没签", 44_000, "asked"),
        ("self_raised", "3楼两户，各1万元，301室空关，联系中", 20_000, "asked"),
    ):
        scene.enter("shares", "sources", kind=source, amount=yuan * 100, state=state, **{"from": whom})
    yield from scene.minutes(
        "shares_meeting",
        Meeting(
            -21,
            "coordination",
            "桂花树下的石桌",
            11,
            "主体环9人，引领环1人，专业环1人",
            "1、2楼不出钱；3楼到6楼按层递增。薛阿婆提出：厨房加窗的钱和活，要写在协议第一条。卢老师说六楼多出两千她愿意。"
            "卢师傅去听了一夜，说比自己打呼噜轻。",
            "厨房加窗列入造价；电费和保养按同样的比例分；401室由陈伯打电话，301室由顾老师写信。",
            "薛阿婆：我还是不赞成，但是你们把我的窗写在第一条，我不拦。",
        ),
    )
    yield stage.at(-18, 15)
    for name in ("陈伯", "卢老师"):
        scene.enter("shares_meeting", "confirmations", name=name, how="在纪要上签字")
    yield from lift_votes.owners(town, scene)


LIFT_TEXT = """一、在3号楼北侧门洞装一部电梯，六层六站，半层入户改平层。
二、井道用玻璃，离底楼厨房窗不小于2.8米；底楼两户厨房加窗、做隔声，费用算在造价里。
三、造价估算55万元，补贴约28万元，其余3楼到6楼按层分摊；1、2楼不出钱。
四、这一次只问愿不愿意，不是签约。三分之二以上的户参加、其中三分之二以上愿意，才往下谈。"""
