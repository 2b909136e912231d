"""空中花园二期: in step four, with a vote that is open now and has not reached its quorum."""

from __future__ import annotations

from app.demo import steps
from app.demo.parts import CONSENT, Idea, Meeting, Member, Reply, Said, concern
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story

NOTED = "书丢了算谁的，这次不定：先看一年少了几本，到管护那一步写进公约。"
TITLE = "空中花园二期：夜灯、读书角和雨水"
TEXT = """一、夜灯：平台步道两侧装低位地脚灯22盏，离地35厘米，灯口朝下，天黑亮、晚九点半减半、十点半全灭。住户窗前六米内不装。
二、读书角：廊架东端做一排书架长凳，带门，不锁。书由各家捐，借走不登记，还不还凭良心。
三、雨水：8号楼落水管再接三只两百升的桶，用细管滴灌木箱，接水口加纱网防蚊。
四、用电：从公共电表接，装定时器，估算每月29元，由花园结余和自愿捐款承担。
五、费用：概算17,600元，不向任何一户摊派。
六、先试一年，期满和一期一起评议；试行期内楼下住户觉得刺眼，当晚就关那一盏，再商量。"""
TALK = (
    Said(
        "许师傅",
        "concern",
        "我白天睡觉，装窗帘；楼上装灯，我晚上也要装窗帘？灯口朝哪边请写死。",
        (
            Reply(
                "苏工",
                "写在第一条：离地35厘米，灯口朝下，您窗前六米内不装。样灯明天装两盏，请您在床上看。",
                answer=True,
            ),
            Reply("许师傅", "看了。比我的夜光手表暗。"),
        ),
    ),
    Said("张阿姨", "support", "紫藤今年还没爬满，有了灯，晚上也好去看它一眼。老年人心里有个盼头。"),
    Said("贺伯", "question", "书不登记，丢了算谁的？", (Reply("程老师", "算看书的人多了一个。"),)),
    Said("雷老伯", "concern", "先说好，二期做完不要再来三期。"),
    Said(
        "魏爸爸", "suggestion", "孩子们问读书角能不能有一格放奥特曼。", (Reply("石阿姨", "放。摆最下面一格，够得着。"),)
    ),
    Said("小朱", "suggestion", "定时器请买能断电记忆的，我们公司那种一停电就通宵亮。"),
)
NAMED = {
    **dict.fromkeys(("张阿姨", "周师傅", "白药师", "陶叔", "石阿姨", "丁阿姨"), CONSENT),
    "许师傅": concern("先试两盏，我睡得着再装其余的。"),
    "程老师": concern("电费每月公布一次，连表的照片。"),
}


def story(town: Town, method: str) -> Story:
    """From the idea to the vote that is open today."""
    stage = town.stage
    scene = Scene(town, "ziteng", town.people["陈老师"], ("5", "6", "7", "8"))
    yield stage.at(-68, 10)
    scene.start(
        method,
        "空中花园二期",
        "5至8号楼二层平台，廊架到8号楼东头",
        "一期的木箱搬上来了，雨水桶也接上了。有人晚上下班才有空浇水，看不见脚下；有人想在廊架下看书。二期只做三件小事：灯、书、雨水。",
        picture="lights",
        pin=(560, 470),
    )
    yield from scene.topic(
        -67,
        -62,
        -60,
        (
            (
                Idea(
                    "小吴",
                    "平台步道装几盏矮灯",
                    "下班七点多，天黑了，推着车看不清台阶。不要路灯那种亮的，脚底下看得见就行。",
                    24,
                    (470, 500),
                ),
                "accepted",
                "灯、书、雨水三条都是小事，花费也小，合在一个方案里一起议，以这一条为题。",
            ),
            (
                Idea("程老师", "廊架下面做个读书角", "紫藤下面正好看书。我捐两百本，不含练习册。", 16, (430, 430)),
                "later",
                "写进方案的选项里一起比。",
            ),
            (
                Idea(
                    "邓师傅",
                    "雨水桶再加三只",
                    "两只桶五天就空。落水管还有两根可以接，接好了自来水一个月省十吨。",
                    12,
                    (620, 520),
                ),
                "later",
                "写进方案的选项里一起比，防蚊的做法先想好。",
            ),
            (
                Idea("雷老伯", "平台装一台投影，放足球", "大家一起看球热闹。", 3, (500, 520)),
                "declined",
                "方案第五条说好晚九点以后安静，球赛多半在夜里；想看可以借社区会客厅。",
            ),
        ),
        "平台使用已有业委会同意；不占通道；灯具低压24伏，不在负面清单上。",
    )
    yield from steps.team(
        scene,
        -59,
        (
            Member("陈老师", "lead", "主持"),
            Member("张阿姨（6号楼）", "residents", "廊架"),
            Member("小吴（6号楼）", "residents", "灯的位置，召集人"),
            Member("邓师傅（6号楼）", "residents", "雨水"),
            Member("许师傅（5号楼）", "residents", "替要睡觉的人说话"),
            Member("苏工", "experts", "照度和用电"),
            Member("钱经理（物业）", "support", "公共电表"),
        ),
        title="空中花园二期",
        talk=(
            Said("许师傅", "suggestion", "我不想要灯，所以我要进小组。", (Reply("陈老师", "这个理由最充分。"),)),
            Said("张阿姨", "support", "小吴来召集好，年轻人腿脚快。"),
        ),
    )
    yield from steps.needs(
        scene,
        -47,
        by="四位楼组长",
        talk=(
            Said("郑小姐", "concern", "扶手边上要看得见。我妈晚上不上去，可是别的老人会。"),
            Said(
                "姜女士",
                "question",
                "雨水桶满了往哪里溢？不要又溢到我家。",
                (Reply("邓师傅", "溢流管接回落水管，走楼外。装好您来浇一桶试试。", answer=True),),
            ),
        ),
        hearing=Meeting(
            -42,
            "hearing",
            "廊架下，天黑以后",
            29,
            "引领环1人，主体环26人（租户9人），专业环1人，协同环1人",
            "关了手电走一遍：坡道口、盆景园台阶、8号楼拐角三处看不清。许师傅、姜女士要求灯不照窗。"
            "读书角放在廊架东端，离住户窗最远。",
            "灯只照脚下；书架带门防雨；雨水桶加纱网。先装两盏样灯。",
            "两户认为有手电就够了，不必用电。",
            -40,
            ("小吴", "许师傅", "张阿姨", "程老师"),
        ),
    )
    ids = yield from scene.ideas(
        "options",
        -38,
        -33,
        (
            Idea(
                "苏工",
                "甲：地脚灯22盏，书架长凳，滴灌",
                "低压24伏，装定时器。书架做成长凳的靠背，坐着伸手就够到。",
                29,
                (520, 480),
                17_600,
                "lights",
            ),
            Idea(
                "邓师傅",
                "乙：太阳能插地灯，书箱两只",
                "不接电，便宜。就是冬天下午五点亮，七点就没电了，我实话实说。",
                11,
                (560, 520),
                6_900,
                "bench",
            ),
        ),
    )
    yield from scene.talk("talk", -30, -12, TALK)
    yield from scene.meeting(
        "meeting",
        Meeting(
            -10,
            "coordination",
            "廊架下，样灯亮着",
            21,
            "主体环18人（租户6人），专业环1人，引领环1人，协同环1人",
            "两盏样灯亮了两周，5号楼、7号楼楼下三户都看过。灯的数目从三十盏减到二十二盏；半夜全灭。"
            "读书角要不要锁，争了一刻钟，程老师说：书被人拿走，总比没人拿好。雨水桶加纱网，雷老伯负责查蚊子，他自己提的。",
            "按甲方案写正文；试行期内谁觉得刺眼，当晚就关那一盏。",
            "雷老伯：手电筒够用了。他同时同意查蚊子。",
            -8,
            ("小吴", "许师傅", "邓师傅", "程老师"),
            "lights",
            "廊架下，样灯亮着",
        ),
    )
    yield stage.at(-6, 8, 30)
    scene.answer(ids[0], "accepted", "样灯装了两周，楼下三户看过，没有人说刺眼。按这一稿征求大家意见。")
    scene.answer(ids[1], "later", "太阳能灯留两盏做比较，装在盆景园，一年后看哪种好用。")
    poll = scene.announce("vote", TITLE, TEXT, -4, 3, ("周师傅", "贺伯", "宋大姐"), NOTED)
    given = scene.ballots_of(58, "two", NAMED, ("读书角会不会变成打牌角？", "定时器坏了找谁？"), abstain=2)
    others = {town.who(name).household_id for name in ("小林", "贺伯")}
    yield from scene.cast(poll, -4, -1, [item for item in given if item[0].household_id not in others])
