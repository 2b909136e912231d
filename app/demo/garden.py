"""空中花园, the main project, from the first idea to the statement of needs: steps one to three."""

from __future__ import annotations

from app.demo.parts import Complaint, Idea, Meeting, Member, Paper, Reply, Said
from app.demo.people import Town
from app.demo.scene import Scene
from app.demo.stage import Story
from app.proposals import service as proposals

BUILDINGS = ("5", "6", "7", "8")
IDEAS = (
    Idea(
        "张阿姨",
        "平台上搭一道紫藤廊架",
        "小区叫紫藤里，一棵紫藤也没有，说出去难为情。二层平台风大、没遮没拦，搭一道廊架，种四棵紫藤，下面放长凳。"
        "苗我来找，浇水我来排班，我在老家种了三十年。",
        31,
        (430, 430),
        photo="before.svg",
        said=(
            Said(
                "贺伯",
                "concern",
                "我先声明我是来反对的，反对什么等我听完再说。紫藤招虫，花谢了满地粘脚，谁扫？",
                (Reply("张阿姨", "我扫。您老下楼买烟的工夫，我就扫完了。"),),
            ),
            Said("小林", "support", "支持！上海话里“荫头”两个字，我就指望这道廊架学会了。"),
        ),
    ),
    Idea(
        "小林",
        "把泡沫箱里的菜搬进正经的种植箱",
        "现在平台上有四十几个泡沫箱、浴缸、旧水桶，种什么的都有，我也有三箱薄荷。看着乱，下雨还堵地漏。"
        "不如统一做种植箱，一户认一格，谁种的写名牌。",
        22,
        (560, 560),
        said=(
            Said(
                "周师傅",
                "suggestion",
                "箱子我会做，旧木料仓库里有一堆。底下一定要垫高，让水走得掉，不然楼下要骂人。",
            ),
        ),
    ),
    Idea(
        "白药师",
        "辟一块香草园，种薄荷、艾草、紫苏",
        "我在药房站了四十年柜台。这几样东西好活、好闻、有用处，小孩子也认得。每样挂个牌子，写清楚哪样能吃、哪样只能闻。",
        19,
        (560, 590),
    ),
    Idea(
        "陶叔",
        "给盆景留个地方",
        "我有六十多盆，家里阳台摆不下，有几盆比我儿子年纪都大。平台东头朝南，请留十五平方，做几层台阶式的架子。"
        "我可以教，但是先讲好：不许摸树皮。",
        14,
        (620, 440),
    ),
    Idea(
        "小吴",
        "平台的坡道，婴儿车上不去",
        "从5号楼电梯厅出来到平台有三级台阶，旁边那块铁皮坡道又陡又滑。推婴儿车要两个人抬，轮椅根本上不来。",
        28,
        (380, 590),
        said=(
            Said("郑小姐", "support", "我妈坐轮椅，三年没上过平台了。她在窗口看得见，就是过不去。"),
            Said(
                "邓师傅",
                "question",
                "这块铁皮是谁装的？要拆找谁同意？",
                (Reply("陈老师", "是2009年物业临时装的，归全体业主。换成正式坡道要进方案，一起议。", answer=True),),
            ),
        ),
    ),
    Idea(
        "雷老伯",
        "平台划几个停车位",
        "平台这么大空着也是空着，上面停几部电瓶车总可以吧。",
        2,
        (470, 520),
        said=(Said("石阿姨", "concern", "电瓶车上二楼？雷老伯，您是想让消防队也来参加共建吧。"),),
    ),
    Idea(
        "宋大姐",
        "留一块平地跳操",
        "花要种，操也要跳。早上七点到八点，我们十二个人，音响开最小。种满了就没地方了，请留一块六米乘八米的。",
        11,
        (500, 500),
    ),
    Idea(
        "魏爸爸",
        "给小孩一块看得见土的地方",
        "我儿子十岁，以为萝卜长在超市里。给孩子们留一格，让他们自己种一回。",
        17,
        (530, 470),
    ),
)
ANSWERS = {
    2: (
        "accepted",
        "香草园写进选定的议题，和种植箱、盆景、坡道一起做；牌子怎么写，请白药师牵头。",
    ),
    5: (
        "declined",
        "平台是屋面，又是5至8号楼的疏散通道，电动自行车不能上楼，这一条在负面清单上。停车难另外想办法：北侧车棚的扩容已经报给业委会。",
    ),
}
MERGED = (
    "把二层平台改造成空中花园",
    "把5至8号楼之间的二层平台，从堆满泡沫箱的空地，改成大家的花园：紫藤廊架、统一的种植箱、香草园、盆景园、"
    "一块跳操和晒太阳的平地、孩子们的一格土，和一条轮椅婴儿车都上得去的坡道。自己出力，自己养护。",
)
MEMBERS = (
    Member("陈老师", "lead", "主持、记录、对外联络"),
    Member("张阿姨（6号楼）", "residents", "廊架和紫藤，居民召集人"),
    Member(
        "周师傅（5号楼）", "residents", "木工和工具，现场安全", "儿子在做建材生意，材料不从他那里买，比价由程老师做"
    ),
    Member("小林（7号楼，租户）", "residents", "种植箱认领，微信群和拍照"),
    Member("白药师（8号楼）", "residents", "香草园和植物牌"),
    Member(
        "陶叔（5号楼）", "residents", "盆景园", "自己有六十多盆盆景要放，盆景园的面积和位置由小组其他人表决，本人回避"
    ),
    Member("程老师（6号楼）", "residents", "记账、比价，每月公布"),
    Member("苏工", "experts", "社区规划师，荷载、防水、坡道"),
    Member("罗科", "support", "镇城建条线，手续和安全"),
    Member("钱经理（物业）", "support", "水电、垃圾清运、屋面维修记录"),
)
RULES = (
    "发言先举手，每次不超过三分钟；只说事，不说人。",
    "和自己有利害关系的事，说明在先，表决回避。",
    "花一百元以上要两个人签字，账目每月贴在6号楼大堂。",
)
WALK = Meeting(
    -193,
    "walk",
    "二层平台，从5号楼电梯厅走到8号楼东头",
    14,
    "主体环9人，专业环1人，协同环2人，引领环2人",
    "1. 数了一遍：泡沫箱、旧桶46个，堵住地漏3个。\n2. 铁皮坡道实测一比六，雨天打滑。\n"
    "3. 7号楼101室客厅顶上有水渍，位置正对平台的伸缩缝。\n4. 平台东头朝南，日照最长；西头下午晒。",
    "苏工查屋面荷载和防水图纸，一周内给结果；物业找出历年补漏记录；先请大家把堵地漏的箱子挪开。",
    confirmed=("张阿姨", "周师傅", "姜女士"),
)
HEARING = Meeting(
    -185,
    "hearing",
    "居委会议事角，3号楼底层",
    37,
    "引领环2人，主体环31人（其中租户8人、七十岁以上11人），专业环1人，协同环3人",
    "张阿姨说要阴凉和座位；小吴、郑小姐说坡道第一；姜女士说先把漏水讲清楚，否则什么都别往上放；"
    "许师傅上夜班，白天要睡觉，请大家早八点前、晚九点后不要在5号楼这一侧聚集；宋大姐同意音响改成小音箱，移到东头。"
    "苏工报告：屋面活荷载够放土深三十五厘米以内的箱子，不够做满铺的花坛；伸缩缝的防水已经过了年限。",
    "需求按先后排：一、不漏水、不超重；二、坡道；三、遮阴和座位；四、种植和盆景；五、活动平地。方案必须先回答第一条。",
    "雷老伯和另外两户认为平台保持空地最省事，不花钱也不招蚊子。意见如实记下。",
    -183,
    ("张阿姨", "姜女士", "郑小姐", "许师傅", "程老师"),
)


def first_steps(town: Town, scene: Scene, method: str) -> Story:
    """Ideas proposed, merged and answered; the team; the needs."""
    stage, lead = town.stage, scene.lead
    yield stage.at(-240, 10)
    scene.start(
        method,
        "空中花园",
        "5至8号楼之间的二层平台",
        "一半是动迁来的老住户，一半是租房的年轻人，各自在平台上种了十几年的泡沫箱。现在想坐下来商量：能不能一起种成一个花园？",
        picture="garden.svg",
        pin=(500, 490),
    )
    ids = yield from scene.ideas("ideas", -239, -229, IDEAS)
    yield stage.at(-228, 16)
    wanted = [public_id for n, public_id in enumerate(ids) if n not in ANSWERS]
    merged = proposals.merge(lead, scene.activity("ideas"), wanted, *MERGED)
    yield stage.at(-227, 19)
    for actor in town.crowd("ziteng", BUILDINGS, 46, "merged support"):
        stage.pause(1)
        proposals.support(actor, merged, on=True)
    yield stage.at(-226, 15)
    for n, (status, reason) in ANSWERS.items():
        scene.answer(ids[n], status, reason)
    scene.answer(
        merged,
        "accepted",
        "六条提议说的是同一块地方，提议人都同意合在一起。跳操的平地和不许摸树皮，两样都写进去了。",
    )
    proposals.choose(lead, merged)
    scene.sign_off(
        "ideas_screened",
        "平台是5至8号楼共用，属全体业主，业委会书面同意使用；不占消防通道；停车的提议在负面清单上，已经答复。",
    )
    yield stage.at(-225, 10)
    scene.close()

    yield from scene.talk(
        "nominations",
        -224,
        -217,
        (
            Said(
                "丁阿姨",
                "suggestion",
                "我推荐程老师管账。教了一辈子数学，我家水费少收两角他都上门来补。",
                (Reply("程老师", "可以。但是有言在先，没有发票的我不认。"),),
            ),
            Said("钟阿姨", "suggestion", "推荐周师傅，5号楼谁家的门没给他修过？"),
            Said(
                "小朱",
                "question",
                "租户可以进小组吗？我明年不一定还住这里。",
                (Reply("陈老师", "可以。主体环写的是居民，不是业主。您住一天，就有一天的份。", answer=True),),
            ),
            Said(
                "贺伯",
                "concern",
                "小组里都是想种花的，有没有人替不想种花的说话？",
                (
                    Reply("张阿姨", "那就您来呀。"),
                    Reply("贺伯", "我不来，我来了谁反对？"),
                ),
            ),
        ),
    )
    yield stage.at(-215, 16)
    scene.roster("roster", MEMBERS, RULES)
    yield from scene.notice(
        "roster_notice",
        -214,
        Paper(
            "空中花园：团队名单公示",
            "《议事规则》和第一步选定的议题",
            "经居民推荐、本人同意，项目团队由十人组成：引领环一人，主体环六人，专业环一人，协同环两人。\n"
            "两位成员申报了利害关系：周师傅（家人做建材生意）、陶叔（有盆景要放），处理办法写在名单上。\n"
            "对人选有不同意见，请在公示期内写在这里，或者到议事角交纸条。",
        ),
        (
            Complaint(
                -211,
                "雷老伯",
                "陶叔自己有六十盆盆景，还进小组，这不是自己给自己批地方吗？",
                -209,
                "谢谢您提出来。陶叔已经申报，盆景园的面积和位置由其他九人表决，他回避，表决结果单独公布。您愿意来当见证人，随时欢迎。",
            ),
        ),
    )
    yield stage.at(-206, 10)
    scene.close()

    yield stage.at(-205, 9)
    scene.outreach(
        "outreach",
        (
            ("5", 14, 9, 6, 8, "钟阿姨、小朱"),
            ("6", 17, 8, 5, 9, "邓师傅、郑小姐"),
            ("7", 15, 10, 8, 10, "石阿姨、小林"),
            ("8", 16, 7, 9, 7, "丁阿姨、蔡姐"),
        ),
    )
    yield from scene.talk("voices", -204, -195, VOICES)
    yield from scene.meeting("walk", WALK)
    yield from scene.meeting("hearing", HEARING)
    yield stage.at(-182, 10)
    scene.close()


VOICES = (
    Said(
        "姜女士",
        "concern",
        "我家就在平台底下，客厅顶上三块水渍，三年补了四回。花我也喜欢，可是你们浇的每一滴水，最后都到我家来看电视。",
        (
            Reply("周师傅", "姜女士，下礼拜走现场我先到您家看，看完再谈上面怎么弄。"),
            Reply("陈老师", "补漏记录已经请物业找出来。不漏水写成需求的第一条。", answer=True),
        ),
    ),
    Said("许师傅", "concern", "我开夜班公交，早上七点到家。平台上说话，我在床上听得清清楚楚，连哪家媳妇不好都听见了。"),
    Said("蔡姐", "support", "店里每天有淘米水、蛋壳，可以给你们当肥料，别嫌弃。"),
    Said(
        "郑小姐",
        "suggestion",
        "替我妈带一句话：她不要花园多好看，她要自己转着轮椅上去，不要人抬。",
    ),
    Said("魏爸爸", "support", "孩子写了张纸条，托我贴上来：请留一格给萝卜。"),
    Said(
        "雷老伯",
        "question",
        "钱从哪里来？不要到最后一家收两百。",
        (Reply("程老师", "不向哪一家摊派。自筹是自愿的，账目贴在大堂。没有钱就做小一点。", answer=True),),
    ),
)
