"""English words for men and women, in pairs, and the words that need a rule.

Chosen by hand. A word stands in one pair only, so that a swap can be undone, and words
that mean something else more often ("miss", "count", "host", "master", "bachelor",
"fellow", "God") are left out. Both words of a pair go with the same article.
"""

# Lower case: matched in lower case, capitalised and in capitals.
ENGLISH_GENDER = (
    ("he", "she"),
    ("himself", "herself"),
    ("sir", "madam"),
    ("mister", "missus"),
    ("man", "woman"),
    ("men", "women"),
    ("male", "female"),
    ("males", "females"),
    ("boy", "girl"),
    ("boys", "girls"),
    ("guy", "gal"),
    ("guys", "gals"),
    ("gentleman", "lady"),
    ("gentlemen", "ladies"),
    ("manhood", "womanhood"),
    ("boyhood", "girlhood"),
    ("manly", "womanly"),
    ("boyish", "girlish"),
    ("masculine", "feminine"),
    ("masculinity", "femininity"),
    # Family.
    ("father", "mother"),
    ("fathers", "mothers"),
    ("dad", "mom"),
    ("dads", "moms"),
    ("daddy", "mommy"),
    ("papa", "mama"),
    ("son", "daughter"),
    ("sons", "daughters"),
    ("brother", "sister"),
    ("brothers", "sisters"),
    ("husband", "wife"),
    ("husbands", "wives"),
    ("ex-husband", "ex-wife"),
    ("uncle", "aunt"),
    ("uncles", "aunts"),
    ("nephew", "niece"),
    ("nephews", "nieces"),
    ("grandfather", "grandmother"),
    ("grandfathers", "grandmothers"),
    ("great-grandfather", "great-grandmother"),
    ("grandpa", "grandma"),
    ("granddad", "granny"),
    ("grandson", "granddaughter"),
    ("grandsons", "granddaughters"),
    ("stepfather", "stepmother"),
    ("stepson", "stepdaughter"),
    ("stepbrother", "stepsister"),
    ("godfather", "godmother"),
    ("godson", "goddaughter"),
    ("father-in-law", "mother-in-law"),
    ("son-in-law", "daughter-in-law"),
    ("brother-in-law", "sister-in-law"),
    ("boyfriend", "girlfriend"),
    ("boyfriends", "girlfriends"),
    ("ex-boyfriend", "ex-girlfriend"),
    ("fiancé", "fiancée"),
    ("fiance", "fiancee"),
    ("groom", "bride"),
    ("grooms", "brides"),
    ("widower", "widow"),
    ("widowers", "widows"),
    ("fatherhood", "motherhood"),
    ("brotherhood", "sisterhood"),
    ("fatherly", "motherly"),
    ("brotherly", "sisterly"),
    ("paternal", "maternal"),
    ("paternity", "maternity"),
    ("fraternity", "sorority"),
    ("fraternities", "sororities"),
    # Occupations and roles.
    ("actor", "actress"),
    ("actors", "actresses"),
    ("waiter", "waitress"),
    ("waiters", "waitresses"),
    ("steward", "stewardess"),
    ("stewards", "stewardesses"),
    ("barman", "barmaid"),
    ("businessman", "businesswoman"),
    ("businessmen", "businesswomen"),
    ("chairman", "chairwoman"),
    ("chairmen", "chairwomen"),
    ("spokesman", "spokeswoman"),
    ("spokesmen", "spokeswomen"),
    ("salesman", "saleswoman"),
    ("salesmen", "saleswomen"),
    ("congressman", "congresswoman"),
    ("congressmen", "congresswomen"),
    ("councilman", "councilwoman"),
    ("policeman", "policewoman"),
    ("policemen", "policewomen"),
    ("serviceman", "servicewoman"),
    ("servicemen", "servicewomen"),
    ("sportsman", "sportswoman"),
    ("sportsmen", "sportswomen"),
    ("craftsman", "craftswoman"),
    ("horseman", "horsewoman"),
    ("cameraman", "camerawoman"),
    ("landlord", "landlady"),
    ("landlords", "landladies"),
    ("headmaster", "headmistress"),
    ("schoolboy", "schoolgirl"),
    ("schoolboys", "schoolgirls"),
    ("cowboy", "cowgirl"),
    ("altar-boy", "altar-girl"),
    ("masseur", "masseuse"),
    ("hero", "heroine"),
    ("heroes", "heroines"),
    ("heir", "heiress"),
    ("heirs", "heiresses"),
    ("alumnus", "alumna"),
    ("monk", "nun"),
    ("monks", "nuns"),
    ("priest", "priestess"),
    ("king", "queen"),
    ("kings", "queens"),
    ("prince", "princess"),
    ("princes", "princesses"),
    ("duke", "duchess"),
    ("emperor", "empress"),
)
# Titles, matched as they stand: "MS" is a degree. The lower case is that of texts which
# are in lower case throughout.
TITLES = (("Mr", "Ms"), ("mr", "ms"))
# Further words of one side, each with the word that takes its place. The way back leads
# to another word, so a text with one of them does not survive two swaps.
ONE_WAY = (("mum", "dad"), ("mums", "dads"))
TITLES_ONE_WAY = (("Mrs", "Mr"), ("mrs", "mr"))

# "her" is "his" before a noun and "him" elsewhere; "his" is "her" before a noun and
# "hers" elsewhere. Within either context the words are paired one to one, but for "him"
# before a noun and "hers" before one, which are rare.
BEFORE_NOUN, ELSEWHERE = {"his": "her", "her": "his"}, {"his": "hers", "her": "him"}
PRONOUNS_ONE_WAY = (("him", "her"), ("hers", "his"))
PRONOUNS = ("his", "her", "him", "hers")
# The next word is taken for the start of a noun phrase unless it is one of these.
PREPOSITIONS = """
    about above across after against along among around as at away before behind below
    beneath beside besides between beyond by despite down during except for from in
    inside into like near of off on onto out outside over past per since through
    throughout to toward towards under unless until up upon via with within without
"""
CONJUNCTIONS = """
    and although because but how if nor or so than that though what whatever when
    whenever where wherever whether which while who whom whose why yet
"""
PRONOUNS_AND_ARTICLES = """
    a all an another any anyone anything both each either every everything he her
    herself him himself his i it its me mine my neither no nobody nothing our she some
    something the their them themselves these they this those us we you your yourself
"""
# Auxiliaries, and what follows "made her", "saw her", "let her".
VERBS = """
    am are be been being can cannot could did do does doing feel get go going had has
    have is know let look make may might must not see shall should think want was were
    would
"""
# Without those that come before adjectives as well ("her only child").
ADVERBS = """
    again ago alone already also altogether anyway anywhere aside directly else enough
    everywhere forever here immediately instead later more much now often perhaps
    personally please quickly sometimes somewhere soon there therefore today together
    tomorrow tonight too well yesterday
"""
NO_NOUN = frozenset(
    (PREPOSITIONS + CONJUNCTIONS + PRONOUNS_AND_ARTICLES + VERBS + ADVERBS).split()
)
