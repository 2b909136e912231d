"""垃圾房旁遮雨棚: sent back once, when the digging found what no drawing had shown; now in step six again."""

from __future__ import annotations

from app.demo import steps
from app.demo.parts import CONSENT, Idea, Meeting, Member, Reply, Said, concern
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story
from app.projects import service as projects

TITLE = "垃圾房旁遮雨棚"
FIRST = """一、在9号楼西侧垃圾房门前搭遮雨棚，长5米、宽2.4米，四根立柱落地，做混凝土基础。
二、装洗手的水龙头一个，感应灯一盏。
三、棚顶透光不透雨，雨水接到绿化带。
四、概算13,200元，不向任何一户摊派。"""
SECOND = """一、在9号楼西侧垃圾房门前搭遮雨棚，长5米、宽2.4米，固定在垃圾房外墙上，悬挑，不落柱子，不动地面。
二、装洗手的水龙头一个，感应灯一盏，水管走明管。
三、棚顶透光不透雨，雨水接到绿化带。
四、施工前燃气公司到现场标出管位，没有标就不开工。
五、概算14,900元，不向任何一户摊派。"""
PERMITS = (
    ("占用共用部位", "given", "业主委员会书面同意", "业委会第11号回函"),
    ("规划手续", "not_needed", "镇城建条线，罗科", "不封闭、面积12平方米，按便民设施登记"),
)
REASON = (
    "开挖第一个柱坑，一米深处挖到一根图纸上没有的燃气管。燃气公司到场：管子两侧两米内不许做基础。"
    "方案里的落地柱子做不成，改法会改变大家同意过的正文，所以退回定方案，重新商量、重新表态。"
)


def story(town: Town, method: str) -> Story:
    """Through all of it to the pit, back to the plan, and on."""
    stage = town.stage
    scene = Scene(town, "ziteng", town.people["陈老师"], ("9", "10"))
    yield stage.at(-172, 10)
    scene.start(
        method,
        TITLE,
        "9号楼西侧垃圾房门前",
        "下雨天扔垃圾，一手打伞一手掀桶盖，袋子破了汤流一地。9、10号楼48户先提出来：能不能有一片不淋雨的地方？",
        picture="canopy",
        pin=(60, 800),
    )
    yield from scene.topic(
        -171,
        -164,
        -160,
        (
            (
                Idea(
                    "邵阿姨",
                    "垃圾房门前搭个棚",
                    "志愿者值班站在雨里，站一个冬天就没有志愿者了。",
                    21,
                    (60, 800),
                    said=(Said("朱师傅", "support", "我值过班。雨从领子进，从裤脚出。"),),
                ),
                "accepted",
                "大家的事，地方归业主共用，不在负面清单上。",
            ),
            (
                Idea("秦女士", "撤桶以后装个洗手池", "分完垃圾一手油，没地方洗。", 17, (66, 806)),
                "later",
                "和雨棚一起写进同一个方案。",
            ),
        ),
        "门前空地属业主共用；不占消防通道；和环卫的清运路线核对过。",
    )
    yield from steps.team(
        scene,
        -159,
        (
            Member("陈老师", "lead", "主持"),
            Member("邵阿姨（10号楼）", "residents", "召集，垃圾分类志愿者"),
            Member("梁师傅（9号楼）", "residents", "看现场"),
            Member("苏工", "experts", "结构和做法"),
            Member("钱经理（物业）", "support", "管线图、施工配合"),
        ),
        title=TITLE,
    )
    yield from steps.needs(
        scene,
        -147,
        by="邵阿姨、梁师傅",
        talk=(
            Said("小崔", "concern", "感应灯不要对着我家，我家就在垃圾房斜对面。"),
            Said("朱师傅", "suggestion", "棚要够宽，两个人打照面不用侧身。"),
        ),
        hearing=Meeting(
            -139,
            "hearing",
            "垃圾房门口，下着小雨",
            16,
            "主体环13人，引领环1人，专业环1人，协同环1人",
            "站着淋了二十分钟，意见出奇地一致：要棚、要水、要灯，灯别太亮。",
            "棚长5米以上，带水龙头和感应灯。",
            "",
            -137,
            ("邵阿姨", "梁师傅", "朱师傅"),
        ),
    )
    yield from _first_plan(scene)
    yield from steps.money(
        scene,
        -109,
        (("钢结构棚和基础", 10_600, "两家报价取低"), ("水龙头、感应灯", 1_400, "物业报价"), ("机动", 1_200, "约一成")),
        (("grant", "镇里的垃圾分类设施补贴", 9_000, "received"), ("self_raised", "41户自筹", 4_200, "received")),
        PERMITS,
    )
    yield from steps.close_budget(scene, -104, "请11号楼做过工程预算的赵师傅审过，他不参与施工。")
    yield stage.at(-100, 9)
    scene.enter("milestones", "milestones", what="挖柱坑四个", due=stage.date(-98), done="", by="施工队", seen_by="")
    yield stage.at(-98, 15)
    scene.enter(
        "milestones",
        "changes",
        what="柱坑下有燃气管，立柱不能落地",
        why="一米深处挖到图纸上没有的燃气管，已停工、回填，燃气公司当天到场确认没有损伤。",
        material="yes",
    )
    yield stage.at(-97, 10)
    projects.send_back(scene.lead, scene.project, "plan", REASON)
    yield from _second_plan(scene)
    yield from _works(town, scene)


def _first_plan(scene: Scene) -> Story:
    yield from steps.plan(
        scene,
        -136,
        options=(
            Idea(
                "苏工",
                "四柱落地的透光棚",
                "柱子落在绿化带边，棚顶透光板。结实，便宜。",
                15,
                (60, 800),
                13_200,
                "canopy",
            ),
            Idea("梁师傅", "大号遮阳伞两把", "有人值班时撑开，没人就收。", 3, (60, 806), 1_800, "bench"),
        ),
        talk=(
            Said(
                "秦女士",
                "question",
                "地下有管子吗？我记得前年挖过。",
                (Reply("苏工", "物业的管线图上没有。开挖前再探一次。", answer=True),),
            ),
        ),
        title=TITLE,
        text=FIRST,
        n=31,
        named={
            "邵阿姨": CONSENT,
            "梁师傅": CONSENT,
            "秦女士": concern("开挖前请真的再探一次。"),
            "小崔": concern("灯别照窗。"),
        },
        meeting=Meeting(
            0,
            "coordination",
            "垃圾房门口",
            13,
            "主体环11人，引领环1人，专业环1人",
            "棚宽从一米八加到二米四；灯的朝向改向里；秦女士再提地下有没有管子，苏工说图上没有。",
            "按四柱方案写正文；开挖前再探一次。",
            "秦女士：图上没有，不等于地下没有。",
            0,
            ("邵阿姨", "秦女士", "朱师傅"),
        ),
    )


def _second_plan(scene: Scene) -> Story:
    yield from steps.plan(
        scene,
        -96,
        options=(
            Idea(
                "苏工",
                "挂在墙上的悬挑棚",
                "不落柱子，不动地面，垃圾房的墙验算过，吃得住。",
                18,
                (60, 800),
                14_900,
                "canopy",
            ),
        ),
        talk=(
            Said(
                "秦女士",
                "support",
                "我不说“我早说过”。我只是把前年的照片贴在这里，给燃气公司看。",
                (Reply("苏工", "您说对了，我该再探一次。这次先标管，后动工，写进正文。"),),
            ),
            Said("朱师傅", "support", "退回来好。挖断了就不是退回来，是飞出去。"),
            Said(
                "邵阿姨",
                "question",
                "多出来的一千七从哪里来？",
                (Reply("陈老师", "基础不做省下一部分，其余列进预算，筹到了再开工。", answer=True),),
            ),
        ),
        title=TITLE,
        text=SECOND,
        n=34,
        named={
            **dict.fromkeys(("邵阿姨", "梁师傅", "朱师傅", "秦女士"), CONSENT),
            "小崔": concern("灯的感应距离调到两米。"),
        },
        meeting=Meeting(
            0,
            "coordination",
            "垃圾房门口，填平的坑边上",
            15,
            "主体环12人，引领环1人，专业环1人，协同环1人（燃气公司）",
            "燃气公司的师傅讲了管子怎么走。苏工先道歉，再讲悬挑怎么做。大家看完墙的验算，问了两遍“吃不吃得住”。",
            "改悬挑，不动地面；正文写明先标管、后开工。",
            "",
            0,
            ("邵阿姨", "秦女士", "梁师傅"),
        ),
    )


def _works(town: Town, scene: Scene) -> Story:
    stage = town.stage
    yield from steps.money(
        scene,
        -68,
        (
            ("悬挑钢结构棚，墙面加固", 12_300, "三家报价取中"),
            ("水龙头、明管、感应灯", 1_600, "物业报价"),
            ("机动", 1_000, "约百分之七"),
        ),
        (
            ("grant", "镇里的垃圾分类设施补贴", 9_000, "received"),
            ("self_raised", "44户自筹，含上一轮", 4_700, "received"),
            ("donation", "燃气公司赔偿停工三天的人工", 1_200, "received"),
        ),
        (*PERMITS, ("管线标识", "given", "燃气公司现场标识", "标识单一份，照片六张")),
    )
    yield from steps.close_budget(scene, -60, "赵师傅审过，墙面加固单价偏高，谈下来六百元。")
    works = (
        ("燃气管位现场标识，回填柱坑", -52, -53, "燃气公司、施工队", "秦女士、梁师傅"),
        ("垃圾房墙面加固", -30, -28, "施工队", "朱师傅"),
        ("悬挑棚安装", -6, -5, "施工队", "邵阿姨、小崔"),
        ("水龙头、感应灯，调到两米", 4, None, "物业", ""),
    )
    yield stage.at(-58, 9)
    entries = [
        scene.enter("milestones", "milestones", what=what, due=stage.date(due), done="", by=by, seen_by="")
        for what, due, _, by, _ in works
    ]
    for (what, due, done, by, seen), entry in zip(works, entries, strict=True):
        if done is not None:
            yield stage.at(done, 17)
            scene.correct(entry, what=what, due=stage.date(due), done=stage.date(done), by=by, seen_by=seen)
    yield from scene.talk(
        "site_talk",
        -4,
        -1,
        (
            Said("朱师傅", "support", "昨天下雨，我站在棚底下值班，一滴没淋。倒有点不习惯，回家还是换了件衣服。"),
            Said(
                "小崔",
                "question",
                "灯什么时候调？现在五米外的猫都能点亮它。",
                (Reply("陈老师", f"物业{stage.say_date(4)}来装水龙头，一起调到两米，您在窗口看着调。", answer=True),),
            ),
            Said("邵阿姨", "suggestion", "棚上挂只钟吧，值班的人好换班。"),
        ),
    )
