"""空中花园, step four: three options, a first vote in which objections stand, a changed text, and a second vote."""

from __future__ import annotations

from app.ballots import service as ballots
from app.demo.parts import ABSTAIN, CONSENT, Complaint, Idea, Paper, Reply, Said, concern, objection
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story
from app.proposals import service as proposals

TITLE = "空中花园方案"
FIRST = """一、位置：5至8号楼之间的二层平台，约620平方米。四米宽的消防通道一寸不占。
二、做什么：西侧搭紫藤廊架一座，长12米；沿栏杆砌固定花池，长46米，高45厘米；中间留48平方米平地；东头盆景园15平方米；南侧香草园12格，孩子们的一格土。
三、坡道：5号楼电梯厅出口的铁皮坡道拆掉，换成混凝土坡道，坡度1:8，两侧装扶手。
四、使用时间：早七点到晚十点。
五、费用：概算38,600元，不向任何一户摊派。
六、先试一年，期满开评议会，再定去留。"""
SECOND = """一、位置：5至8号楼之间的二层平台，约620平方米。四米宽的消防通道一寸不占。
二、防水在先：先重做伸缩缝防水，做48小时蓄水试验，7号楼101室到场看过、签字，才搬第一只箱子上来。
三、做什么：西侧搭紫藤廊架一座，长12米；种植一律用可移动的木箱，共34只，带轮子和接水盘，土深不超过35厘米，伸缩缝两边一米内不放；中间留48平方米平地；东头盆景园15平方米；南侧香草园12格，孩子们的一格土。
四、坡道：5号楼电梯厅出口的铁皮坡道拆掉，换成坡度1:12的坡道，长5.4米，中间有一段平的可以歇，两侧装高低两道扶手。
五、安静：晚九点到早八点、中午十二点到两点不聚集、不放音响。跳操移到东头，用小音箱。
六、用水：单独装水表，水费由认领种植箱的住户分摊。
七、费用：概算41,200元，不向任何一户摊派。
八、先试一年，期满开评议会，再定去留。"""

TALK = (
    Said(
        "程老师",
        "question",
        "甲方案的固定花池，四十六米长，装满湿土有多重？请苏工给个数。",
        (
            Reply(
                "苏工",
                "按高四十五厘米算，湿土每平方米约八百公斤。图纸上屋面活荷载是每平方米二百公斤。边上有梁的位置可以，跨中不行。",
                True,
            ),
            Reply("程老师", "那就是说，四倍。我建议大家把这个数字念三遍。"),
        ),
    ),
    Said(
        "陶叔",
        "support",
        "甲方案花池砌死了整齐。盆景园十五平方够了，谢谢大家没有让我自己投这一票，我也就不用自己跟自己吵。",
    ),
    Said(
        "宋大姐",
        "concern",
        "平地四十八平方，我们十二个人站得下，但是转身那一节要碰到香草园。踩到薄荷算谁的？",
        (Reply("白药师", "踩到薄荷不要紧，越踩越香。踩到紫苏要赔。"),),
    ),
    Said("姜女士", "concern", "又是花池又是土，我只问一句：漏了谁负责，负责多久，写在哪一条？"),
    Said("小吴", "suggestion", "坡道能不能请郑阿婆亲自来试一试？图上看都差不多。"),
    Said("雷老伯", "suggestion", "丙方案是我和儿子画的：只修坡道、放四张长凳，别的不动。省钱，也不招蚊子。"),
    Said(
        "小朱",
        "question",
        "我第一次碰到这种表态。如果第一轮没有通过，前面的讨论会不会白费？",
        (Reply("陈老师", "不会。没通过就说明哪里还要改，改过的再问一次，最多三轮。", True),),
    ),
)
FIRST_NAMED = {
    "姜女士": objection(
        "二、沿栏杆砌固定花池，长46米",
        "harm",
        "固定花池砌在屋面上，湿土比允许的重好几倍，又正好压住伸缩缝。我家客厅已经漏了三年，花池砌上去，以后连翻开来补都没有办法补，漏的是我们一楼八户人家。",
        "物业三年内四次补漏的记录，苏工算的荷载",
    ),
    "郑小姐": objection(
        "三、坡道，坡度1:8",
        "access",
        "我陪我妈用轮椅在车库的1:8坡道上试过，我一个人推不上去，她自己转更不可能，下来的时候刹不住。这样的坡道修了，坐轮椅的人照样上不了平台。",
        "上周六下午三点试的，邓师傅在场",
    ),
    "许师傅": objection(
        "四、使用时间：早七点到晚十点",
        "harm",
        "我开夜班公交，早上七点才到家，睡到下午。早七点就可以用，跳操的音乐正对我家卧室窗户，白天睡不好，晚上开车是要出事的，车上还有乘客。",
    ),
    "张阿姨": CONSENT,
    "周师傅": CONSENT,
    "小林": CONSENT,
    "陶叔": CONSENT,
    "白药师": CONSENT,
    "小吴": concern("坡道到底多陡，请先量好再浇混凝土。"),
    "程老师": concern("请每一笔写明单价和数量，我要对得上。"),
    "宋大姐": concern("平地不要越画越小。"),
    "贺伯": concern("我还没想好反对什么，先看着你们。"),
    "雷老伯": ABSTAIN,
}
SECOND_NAMED = {
    **dict.fromkeys(
        ("张阿姨", "周师傅", "小林", "陶叔", "白药师", "小吴", "宋大姐", "程老师", "许师傅", "魏爸爸"), CONSENT
    ),
    "姜女士": concern("蓄水试验我要全程在场，少一小时都不行。箱子底下的接水盘谁倒，请写进公约。"),
    "郑小姐": concern("施工时请我妈来试坡道，试过再收尾。"),
    "贺伯": objection(
        "六、水费由认领种植箱的住户分摊",
        "better",
        "几十户人家分一块水表，每个月为了两块三块钱要吵一次，最后又是组长垫钱。明明可以接雨水来浇，平台上一年落下来的雨水足够用，不用水表也不用分账。",
        "我在自来水公司抄了三十一年表",
    ),
    "雷老伯": concern("蚊子。接水盘里积水三天就出蚊子。"),
}
WORRIES = (
    "廊架的柱子要打孔吗？打孔的地方也要做防水。",
    "施工的两个月，平台上的晾衣绳挪到哪里？",
    "请不要种夹竹桃，小孩会碰。",
    "试一年以后如果大家不管了，谁来拆？",
    "猫。请想一想猫。",
    "紫藤长起来以后会不会爬到三楼窗户？",
    "木箱请刷环保的漆。",
)


def plan(town: Town, scene: Scene) -> Story:
    """From the options to the resolution."""
    stage, lead = town.stage, scene.lead
    options = (
        Idea(
            "苏工",
            "甲方案：廊架、固定花池、盆景园",
            "沿栏杆砌一圈固定花池，西侧廊架，中间平地。整齐，好养，泥土不容易撒出来。坡道用现在的位置，坡度1:8。",
            26,
            (440, 470),
            38_600,
            "beds",
        ),
        Idea(
            "周师傅",
            "乙方案：廊架加会走路的木箱",
            "全部用木箱，底下装轮子，要修屋面随时推开。木料用旧门板、旧床板，我出工，不要工钱。样箱已经做了一只，放在5号楼大堂，请大家去推一推。",
            33,
            (520, 520),
            41_200,
            "boxes",
        ),
        Idea(
            "雷老伯",
            "丙方案：只修坡道，放四张长凳",
            "平台保持空地，坡道修好，长凳四张，遮阳伞两把。花要种就种在自己家阳台上。",
            9,
            (380, 560),
            19_800,
            "bench",
        ),
    )
    ids = yield from scene.ideas("options", -181, -174, options)
    yield from scene.talk("talk", -173, -170, TALK)
    yield stage.at(-168, 8, 20)
    scene.answer(ids[0], "accepted", "支持的人多，造价适中，先拿这一稿来问大家；荷载和坡道的意见请在表态里写清楚。")
    scene.answer(ids[1], "later", "木箱的做法很好，样箱请继续放在大堂。第一稿先按花池征求意见，不行再改。")
    scene.answer(
        ids[2],
        "declined",
        "坡道和长凳已经写进方案。完全不种，与定下的议题不合；不想种的人用得上的平地，留了四十八平方米。",
    )
    proposals.choose(lead, ids[0])
    poll = scene.announce("vote", TITLE, FIRST, -166, -159)
    given = scene.ballots_of(104, "first", FIRST_NAMED, WORRIES[:4], abstain=7)
    yield from scene.cast(poll, -166, -159, given)
    yield from scene.settle(-159)

    yield stage.at(-157, 19)
    scene.say(
        "talk",
        Said(
            "陈老师",
            "suggestion",
            "第一轮104户表态，三户反对。按规则，有一条反对还立着，方案就没有通过，跟九十几户同意没有关系。"
            "姜女士、郑小姐、许师傅今晚都来了议事角，我们把三条逐条改一改，明天贴草稿。",
            (
                Reply("许师傅", "安静时间写成晚九点到早八点，我就不反对了，我自己撤。"),
                Reply(
                    "苏工",
                    "我算错了一件事：我把花池当成了花园。荷载是硬的，改木箱。坡道1:12要占掉香草园两格，香草园往东移就行。",
                ),
                Reply("周师傅", "样箱推了一个月，轮子没坏，就是老有小孩坐在里面。"),
                Reply("姜女士", "先做防水、蓄水四十八小时、我签字，这三样写进去，我回去跟楼下七户说。"),
                Reply("贺伯", "我看这次反对得有水平。"),
            ),
        ),
    )
    stage.pause(30)
    ballots.withdraw_objection(town.who("许师傅"), poll)

    yield stage.at(-149, 8, 30)
    poll = scene.announce("vote", TITLE, SECOND, -147, -140)
    given = scene.ballots_of(127, "second", SECOND_NAMED, WORRIES, abstain=5)
    yield from scene.cast(poll, -147, -141, given)
    yield stage.at(-140, 10)
    mother = town.people["郑阿婆"] = town.join(town.homes["ziteng"]["6-902"], "郑阿婆", "iPhone, WeChat")
    ballots.cast(mother, poll, CONSENT, once="together", agreed=True)
    yield from scene.settle(-140)
    yield stage.at(-139, 18)
    scene.say(
        "talk",
        Said(
            "贺伯",
            "suggestion",
            "我那条反对是认真的：接雨水，不要分水表。",
            (
                Reply("邓师傅", "8号楼的落水管就在平台边上，装两只二百升的桶，我来接。"),
                Reply("程老师", "水表装一块总表，只做旱天补水用，水费从自筹里出，不分到户。"),
                Reply("贺伯", "这样可以。撤了。同志们，我活了七十四年，第一次反对有用，倒有点不习惯。"),
            ),
        ),
    )
    stage.pause(15)
    ballots.withdraw_objection(town.who("贺伯"), poll)
    yield from scene.notice(
        "plan_notice",
        -138,
        Paper(
            "空中花园：方案表态结果公示",
            "项目议事规则；方案第二稿（全文附后，与表态时一字不差）",
            "范围：5至8号楼168户，一户一票，协商一致。第一轮104户表态，三条反对，其中一条由本人撤回，两条成立，没有通过。"
            "方案据此修改：固定花池改为可移动木箱，坡道由1:8改为1:12，安静时间和防水写进正文。\n"
            "第二轮127户表态，一条反对，提出人在大家答应接雨水浇灌后自己撤回。方案通过。\n"
            "本表态是居民协商，不替代业主大会的法定表决。",
        ),
        (
            Complaint(
                -135,
                "雷老伯",
                "我女儿在国外，她也是这房子的产权人，为什么没有她的票？",
                -133,
                "这次是一户一票的居民协商，不是业主表决，产权人各自的票要到法定表决时才算。您家这一户的票在名册上，收据可以核对。",
            ),
        ),
    )
    yield stage.at(-129, 10)
    scene.close()
