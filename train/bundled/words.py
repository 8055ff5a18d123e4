"""Plain words that invented titles and names are made of. One-word titles of real works are left out on purpose."""

ADJECTIVES = tuple(
    """
    amber ancient angry autumn bitter black blue bold brave bright broken burning calm careful cheap clean clever cold
    common crooked crystal curious dark dead deep distant double dry early easy eastern electric empty endless eternal
    faint false famous fast final first flat fond fragile fresh gentle giant glass golden good grand gray great green
    happy hard heavy hidden high hollow holy honest hot hungry idle iron jolly late lazy last little lone long lost
    loud lucky mad magic marble mellow midnight mild modern narrow naked neon new noble northern odd old open orange
    pale paper patient perfect plain poor proud pure purple quick quiet rapid rare raw ready red restless rich rough
    royal rusty sad secret seven shallow sharp short silent silver simple slow small soft solid sorry southern square
    steep still strange strong stubborn sudden summer sweet tall tender thin third thousand tiny tired true twelve
    twin ugly upper vast velvet violet warm weak western white wicked wide wild winter wise wooden wrong yellow young
    """.split()
)
NOUNS = tuple(
    """
    acre angel anchor apple arm army arrow attic autumn avenue baker ballad bank barn basket battle bay beach bear bed
    bell bench bird blade blossom boat body bone book border bottle boulevard box branch bread breath brick bride
    bridge brother bucket butcher cabin cage candle canyon captain car carpet castle cat cathedral chair chapel child
    choir circle city clock cloud coast coat coin comet cook copper corner country court cousin cradle crown curtain
    dance daughter dawn day desert diamond doctor dog door dragon dream dress drum dust eagle earth echo edge ember
    empire engine evening eye face farm father feather fence fever field finger fire fish flag flame floor flower fog
    forest fortune fountain fox friend frost game garden gate ghost giant girl glass glove gold grave guest guitar
    hammer hand harbor harvest hat heart hill history home honey horizon horse hotel hour house hunter ice island
    jacket journey judge jungle key king kingdom kitchen knife ladder lady lake lamp lantern laugh law leaf letter
    library light lily line lion liar lover machine map market mask meadow memory merchant message mile mill miracle
    mirror money monster moon morning moth mother mountain mouse mouth music name neighbor nest night number ocean
    orchard orchestra orphan owl page palace paper parade park parrot party path pearl people photograph piano picture
    pilot pine planet poet poison pony prayer prince prison promise queen question rabbit radio railway rain rainbow
    raven rebel ribbon ride ring river road robot room root rope rose rumor sailor salt sand satellite school sea
    season secret servant shadow ship shoe shore sister sky sleep smile smoke snow soldier son song sorrow soul sound
    spider spring stair star station stone storm story stranger street sugar suit sun swan sword table tailor teacher
    tear thief thing thread throne thunder tiger tide time tower town toy train traveler treasure tree tunnel uncle
    valley vampire vase village violin voice wall war watch water wave wedding weather week wheel whisper widow wife
    wind window wing winter wire wish witch wolf woman wood word world wound writer year
    """.split()
)
VERBS = tuple(
    """
    believe break breathe bring build burn call carry catch chase climb close come count cross cry dance dream drift
    drink drive fall feel fight find fly follow forget give go grow hear hide hold hurt jump keep kiss know laugh leave
    listen live look lose love meet miss move need open play pray pull run sail save say see send shine sing sit sleep
    smile speak stand stay stop swim take talk tell think touch travel try turn wait walk want wake watch whisper wish
    """.split()
)
PLACES = tuple(
    """
    Bristol Cairo Geneva Havana Lisbon Lima Madrid Naples Odessa Oslo Palermo Perth Prague Quebec Riga Seoul Sydney
    Tangier Tunis Turin Vienna Warsaw Zurich Nebraska Montana Ohio Bergen Porto Malta Kyoto Nairobi Bogota Jakarta
    """.split()
)
FIRST_NAMES = tuple(
    """
    Aaron Ada Adam Adele Aisha Alan Albert Alice Alma Amir Ana Andre Andrea Angela Anna Anton Aria Arthur Astrid Barbara
    Beatriz Ben Bella Bjorn Bruno Carla Carlos Carmen Cate Celia Charles Chiara Chloe Claire Clara Clint Daniel Dario
    David Denis Diana Diego Dora Edgar Edith Elena Eli Elif Emil Emma Eric Esther Eva Fatima Felix Fiona Frank Frida
    Gabriel George Gloria Grace Greta Guy Hana Hannah Harry Hector Helen Henry Hugo Ida Igor Ines Ingrid Iris Isaac
    Ivan Jack Jacob James Jane Javier Jean Jin John Jonas Jose Judith Julia Kai Karen Karl Kate Keiko Kenji Kim Lars
    Laura Lea Leo Leon Lily Lin Linda Louis Luc Lucia Luis Luna Magda Marco Maria Marie Mark Martha Martin Mary Matt Max
    Mei Mia Michael Mina Mira Mohamed Nadia Naomi Nico Nina Noah Nora Olga Oliver Omar Oscar Otto Paola Patrick Paul
    Pedro Penelope Peter Pia Pilar Quentin Rachel Rafael Ravi Rebecca Richard Rita Robert Rosa Ruth Ryan Sam Samira Sara
    Sean Simon Sofia Stella Steven Sven Takeshi Tara Thomas Tilda Tim Tina Tom Uma Vera Victor Viola Wes Will Wong Yara
    Yuki Yusuf Zoe
    """.split()
)
ONSETS = (
    "b c d f g h j k l m n p r s t v w z " * 4 + "bl br ch cr dr fl fr gr kl kr pl pr qu sh sk sl st th tr y"
).split()
VOWELS = ("a e i o u " * 5 + "ai au ea ee ei ia ie oo ou").split()
CODAS = ["", "", "", "", "b", "ck", "d", "g", "k", "l", "ll", "m", "n", "nd", "ng", "nn", "r", "rd", "rn", "s", "sh"]
CODAS += ["ss", "st", "t", "th", "tt", "x", "z"]
SURNAME_ENDS = ["son", "sen", "berg", "mann", "ez", "ova", "ov", "ski", "ini", "etti", "ard", "ley", "ton", "field"]
SURNAME_ENDS += [
    "wood",
    "son",
    "ius",
    "oglu",
    "ström",
    "ández",
    "ier",
    "eau",
    "kin",
    "man",
    "stein",
    "er",
    "a",
    "i",
    "o",
]
ACCENTS = {"a": "áàâäå", "e": "éèêë", "i": "íîï", "o": "óôöø", "u": "úûü", "n": "ñ", "c": "ç", "s": "š"}
LONE = tuple(
    word
    for word in (*NOUNS, *ADJECTIVES)
    if word
    not in frozenset(
        """
        angel beach bear bird car crown fountain game girl hunter lover miracle mirror money monster mother night party
        prince promise queen radio rainbow river road satellite secret soul star sun tiger time town vampire wall war
        wife wire witch word blue clean dark dead golden green lost lucky naked red seven silver sorry still third tired
        yellow first second
        """.split()
    )
)
"""Plain words that are titles by themselves, without those that a work of the catalogue bears."""
PARTICLES = tuple("away back by down in off on out over through up".split())
PREPOSITIONS = tuple(
    """
    above across after around before behind below beside beyond from in inside into near off on over past through under
    with without
    """.split()
)
